"""Writes the input and output tables of a Terraform module into its README.md.

Usage: module_docs.py [--check] FOLDER...

Reads variables.tf and outputs.tf of each folder and replaces what stands between `<!-- BEGIN inputs -->` and
`<!-- END inputs -->`, and the same for outputs. With --check nothing is written; exit 1 names each stale README.
Exit 2: a folder, file or marker is missing, or a file cannot be read as meant.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

_ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n", r"\t": "\t", r"\r": "\r", "$${": "${", "%%{": "%{"}


class DocsError(Exception):
    """Something that the tables cannot be made from; the message says where and what to do."""


@dataclass(frozen=True)
class Block:
    """A `variable` or `output` block: its name, and the source text of each attribute."""

    kind: str
    name: str
    line: int
    attributes: dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 current or written, 1 stale, 2 could not."""
    parser = argparse.ArgumentParser(
        prog="module_docs.py",
        description="Write the input and output tables of Terraform modules into their README.md.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a README is stale")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a module, e.g. modules/state-backend")
    options = parser.parse_args(arguments)
    stale = []
    try:
        for folder in options.folders:
            readme = folder / "README.md"
            wanted = render(folder)
            if _read(readme) == wanted:
                continue
            if options.check:
                stale.append(readme)
            else:
                readme.write_text(wanted, encoding="utf-8")
                print(f"{readme}: written")
    except DocsError as problem:
        print(problem, file=sys.stderr)
        return 2
    for readme in stale:
        command = f"python tools/module_docs.py {readme.parent}"
        print(f"{readme}: its tables differ from variables.tf or outputs.tf; run: {command}", file=sys.stderr)
    return 1 if stale else 0


def render(folder: Path) -> str:
    """Return the README of the module in `folder` as it should be.

    Raises:
        DocsError: A file or marker is missing, a block has no type or description, or the file is not valid HCL.
    """
    if not folder.is_dir():
        raise DocsError(f"{folder}: there is no such folder; give one that holds a Terraform module")
    readme = folder / "README.md"
    text = _read(readme)
    text = _between_markers(text, "inputs", inputs_table(folder / "variables.tf"), readme)
    return _between_markers(text, "outputs", outputs_table(folder / "outputs.tf"), readme)


def inputs_table(path: Path) -> str:
    """Return the Markdown table of the variables in `path`, in the order of the file."""
    rows = ["| Name | Type | Default | Description |", "|---|---|---|---|"]
    for block in _blocks(path, "variable"):
        default = block.attributes.get("default")
        rows.append(
            _row(
                f"`{block.name}`",
                f"`{_one_line(_attribute(block, 'type', path))}`",
                "required" if default is None else f"`{_one_line(default)}`",
                _description(block, path),
            ),
        )
    return "\n".join(rows)


def outputs_table(path: Path) -> str:
    """Return the Markdown table of the outputs in `path`, in the order of the file."""
    rows = ["| Name | Description |", "|---|---|"]
    rows += [_row(f"`{block.name}`", _description(block, path)) for block in _blocks(path, "output")]
    return "\n".join(rows)


def _blocks(path: Path, kind: str) -> list[Block]:
    source = _read(path).encode()
    root = Parser(Language(tree_sitter_hcl.language())).parse(source).root_node
    if root.has_error:
        raise DocsError(f"{path}:{_first_error_line(root)}: not valid HCL; `terraform fmt` says more")
    blocks = []
    for node in _children(root, "body", "block"):
        labels = [_text(label).strip('"') for label in node.children if label.type in ("identifier", "string_lit")]
        if labels[:1] != [kind]:
            continue
        attributes = {}
        for attribute in _children(node, "body", "attribute"):
            name, expression = attribute.named_children[0], attribute.named_children[-1]
            attributes[_text(name)] = _text(expression)
        blocks.append(Block(kind, labels[1], node.start_point.row + 1, attributes))
    if not blocks:
        raise DocsError(f"{path}: no {kind} block in it")
    return blocks


def _children(node: Node, body: str, kind: str) -> Iterator[Node]:
    """The nodes of one kind in the body of a node, not deeper: a validation's attributes are not the variable's."""
    for inner in node.children:
        if inner.type == body:
            yield from (child for child in inner.children if child.type == kind)


def _first_error_line(node: Node) -> int:
    while not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error or child.is_missing)
    return node.start_point.row + 1


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _attribute(block: Block, name: str, path: Path) -> str:
    try:
        return block.attributes[name]
    except KeyError:
        raise DocsError(f"{path}:{block.line}: {block.kind} {block.name!r} has no {name}; write one") from None


def _description(block: Block, path: Path) -> str:
    literal = _attribute(block, "description", path)
    if not re.fullmatch(r'"(?:\\.|\$\$\{|%%\{|[^"\\$%]|[$%](?!\{))*"', literal, re.DOTALL):
        raise DocsError(
            f"{path}:{block.line}: the description of {block.kind} {block.name!r} is not one plain quoted string",
        )
    return re.sub(r'\\["\\ntr]|\$\$\{|%%\{', lambda match: _ESCAPES[match.group()], literal[1:-1])


def _one_line(source: str) -> str:
    """An expression on one line: a line break between the elements of an object or list becomes a comma."""
    source = re.sub(r"([{\[(])\s*\n\s*", r"\1 ", source)
    source = re.sub(r",?\s*\n\s*([}\])])", r" \1", source)
    source = re.sub(r",?\s*\n\s*", ", ", source)
    return re.sub(r"[ \t]+", " ", source)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|").replace("\n", "<br>") for cell in cells) + " |"


def _between_markers(text: str, name: str, table: str, readme: Path) -> str:
    begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
    head, begun, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not (begun and ended):
        raise DocsError(f"{readme}: no {begin} followed by {end}; put both where the table belongs")
    return f"{head}{begin}\n{table}\n{end}{tail}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise DocsError(f"{path}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise DocsError(f"{path}: not UTF-8 text ({problem.reason} at byte {problem.start})") from problem


if __name__ == "__main__":
    sys.exit(main())
