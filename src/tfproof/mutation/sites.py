"""Makes the mutants of a module from the syntax of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TfproofError
from tfproof.mutation.blocks import block_edits, dependency_edits, label_of
from tfproof.mutation.mutant import Edit, Mutant
from tfproof.mutation.names import Names, identifiers
from tfproof.mutation.references import reference_edits
from tfproof.mutation.site import Site
from tfproof.mutation.values import value_edits
from tfproof.terraform.source import syntax_tree

__all__ = ["mutants_of"]

_MUTATED: Final = ("data", "locals", "output", "resource", "variable")
"""Top-level blocks that say what a module makes; the others say what it is made with."""
_LEFT_ALONE: Final = frozenset({"description", "error_message", "sensitive", "sid", "source", "type", "version"})
"""Attributes that no change of can weaken: texts for people, and what Terraform itself insists on."""


def mutants_of(module: Path) -> list[Mutant]:
    """Every mutant of a module's own `.tf` files, in order of file and place.

    Raises:
        TfproofError: A file does not parse.
    """
    files = [file for file in sorted(module.glob("*.tf")) if file.is_file() and not file.name.startswith(".")]
    texts = {file: file.read_bytes() for file in files}
    trees = {file: syntax_tree(text) for file, text in texts.items()}
    for file, tree in trees.items():
        if tree.has_error:
            raise TfproofError(
                f"{file}:{_first_error(tree)}: this file does not parse, so it cannot be mutated",
                remedy=f"`terraform validate` in {module} says what is wrong.",
            )
    names = Names(trees.values())
    seen: Counter[str] = Counter()
    mutants = []
    for file, tree in trees.items():
        texts_seen = {texts[file]}
        for site, edit in _edits(tree, names):
            changed = edit.applied(texts[file])
            if changed in texts_seen:
                continue  # two operators can mean the same
            texts_seen.add(changed)
            name = f"{file.name} {site.address} {site.path}: {edit.operator}: {edit.change}"
            seen[name] += 1
            mutants.append(
                Mutant(
                    id=name if seen[name] == 1 else f"{name} (#{seen[name]})",
                    file=file.name,
                    line=texts[file].count(b"\n", 0, edit.start) + 1,
                    address=site.address,
                    kind=site.kind,
                    path=site.path,
                    edit=edit,
                    along=_along(site.address, trees) if edit.operator == "delete-resource" else (),
                )
            )
    return mutants


def _along(address: str, trees: Mapping[Path, Any]) -> tuple[tuple[str, Edit], ...]:
    return tuple((file.name, edit) for file, tree in trees.items() for edit in dependency_edits(tree, address))


def _first_error(node: Any) -> int:
    if node.type == "ERROR" or node.is_missing:
        return int(node.start_point[0]) + 1
    return next((_first_error(child) for child in node.children if child.has_error), int(node.start_point[0]) + 1)


def _edits(tree: Any, names: Names) -> Iterator[tuple[Site, Edit]]:
    for block in _blocks(tree):
        words = identifiers(block)
        if words[0] in _MUTATED:
            labels = words[1:] if words[0] == "resource" else words
            yield from _in_block(block, Site(".".join(labels), words[0]), names)


def _in_block(block: Any, site: Site, names: Names) -> Iterator[tuple[Site, Edit]]:
    yield from ((site, edit) for edit in block_edits(block, site))
    for part in _parts(block):
        words = identifiers(part)
        if part.type == "block":
            yield from _in_block(part, _step_into(part, words, site), names)
        elif words[0] not in _LEFT_ALONE:
            here = site.inside(words[0])
            yield from ((here, edit) for edit in block_edits(part, here))
            if words[0] != "depends_on":
                yield from ((here, edit) for edit in _in_expression(part.children[-1], here, names))


def _step_into(block: Any, words: tuple[str, ...], site: Site) -> Site:
    if words[0] == "content":
        return site
    label = label_of(block) if words[0] not in ("validation", "precondition", "postcondition") else ""
    return site.inside((words[-1] if words[0] == "dynamic" else words[0]) + (f"[{label}]" if label else ""))


def _in_expression(node: Any, site: Site, names: Names) -> Iterator[Edit]:
    yield from value_edits(node, site)
    yield from reference_edits(node, site, names)
    for child in node.children:
        yield from _in_expression(child, site, names)


def _blocks(tree: Any) -> Iterator[Any]:
    return (node for body in tree.children if body.type == "body" for node in body.children if node.type == "block")


def _parts(block: Any) -> Iterator[Any]:
    for body in block.children:
        if body.type == "body":
            yield from (node for node in body.children if node.type in ("attribute", "block"))
