"""The source of a configuration: its blocks, and where in which file they stand.

Read with tree-sitter's HCL grammar, which keeps positions and gets along with files that do not parse as a whole.
Only for pointing at lines and for refusing what a proof must not run; Terraform alone says what a configuration means.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

__all__ = ["Attribute", "Block", "Location", "ModuleSource", "installed_modules", "module_folders", "syntax_tree"]


@dataclass(frozen=True, slots=True)
class Location:
    """A line in a file: `bucket.tf:41`."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`, with the expression's text as written."""

    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block such as `resource "aws_kms_key" "tf_state" { ... }`.

    Attributes:
        type: `resource`.
        labels: `("aws_kms_key", "tf_state")`.
        file: The file it stands in.
        line: Line of its first word, counted from 1.
        end_line: Line of its closing brace.
        attributes: Its own attributes by name.
        blocks: The blocks in it, in order.
    """

    type: str
    labels: tuple[str, ...]
    file: Path
    line: int
    end_line: int
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def line_of(self, path: str) -> int:
        """The line of the deepest part of an attribute path that is written in the source.

        `rule[0].apply_server_side_encryption_by_default[0].sse_algorithm` gives the line of `sse_algorithm = ...`
        when it is written, else the line of the innermost block that is.
        """
        here, line = self, self.line
        for name, index in re.findall(r"([A-Za-z_][\w-]*)(?:\[(\d+)\])?", path):
            if name in here.attributes:
                return here.attributes[name].line
            inner = [
                block
                for block in here.blocks
                if name in (block.type, *(block.labels if block.type == "dynamic" else ()))
            ]
            if not inner:
                break
            here = inner[min(int(index or 0), len(inner) - 1)]
            if here.type == "dynamic":
                here = next((block for block in here.blocks if block.type == "content"), here)
            line = here.line
        return line


class ModuleSource:
    """The blocks of one module folder.

    Args:
        folder: The folder with its `.tf` and `.tf.json` files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks: tuple[Block, ...] = tuple(
            block for file in _files(folder, ".tf", ".tofu") for block in _parse(file)
        ) + tuple(block for file in _files(folder, ".tf.json", ".tofu.json") for block in _parse_json(file))

    def of_type(self, block_type: str) -> list[Block]:
        """The top-level blocks of a type, such as `resource`."""
        return [block for block in self.blocks if block.type == block_type]

    def find(self, block_type: str, *labels: str) -> Block | None:
        """The block with these labels, or None."""
        return next((block for block in self.of_type(block_type) if block.labels == labels), None)

    def local_modules(self) -> dict[str, Path]:
        """The folders of the modules it calls by a relative path, by name of the call."""
        calls = {}
        for block in self.of_type("module"):
            source = block.attributes.get("source")
            text = source.text.strip().strip('"') if source else ""
            if text.startswith(("./", "../")) and block.labels:
                calls[block.labels[0]] = (self.folder / text).resolve()
        return calls

    def find_statement(self, sid: str) -> Location | None:
        """Where the policy statement with this Sid is written, in a policy document's block."""

        def within(block: Block) -> Location | None:
            named = block.attributes.get("sid")
            if named is not None and named.text.strip('"') == sid:
                return Location(block.file, block.line)
            return next((found for inner in block.blocks if (found := within(inner)) is not None), None)

        return next((found for block in self.blocks if (found := within(block)) is not None), None)

    def locate(self, address: str, path: str = "") -> Location | None:
        """Where a resource, data source or output of this configuration is written.

        Args:
            address: `module.a["x"].aws_kms_key.tf_state[0]`, `data.aws_region.this` or `output.kms_key_arn`.
            path: Attribute path in it; the nearest line there is. `policy#Sid` is the statement with that Sid, wherever
                in the module it is written, else the attribute.
        """
        path, _, sid = path.partition("#")
        names = _NAME_AND_KEY.findall(address)
        if not names:
            return None
        source = self
        while len(names) > 2 and names[0] == "module":  # noqa: PLR2004  # "module", its name, and something in it
            folder = source.local_modules().get(names[1])
            if folder is None or not folder.is_dir():
                call = source.find("module", names[1])
                return Location(call.file, call.line) if call else None
            source, names = ModuleSource(folder), names[2:]
        block_type = names[0] if names[0] in ("data", "output", "variable", "module") else "resource"
        statement = source.find_statement(sid) if sid else None
        if statement is not None:
            return statement
        block = source.find(block_type, *(names if block_type == "resource" else names[1:])[:2])
        return Location(block.file, block.line_of(path)) if block else None


_NAME_AND_KEY = re.compile(r'([^\W\d][\w-]*)(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])?')


def module_folders(root: Path) -> list[Path]:
    """The root module's folder and those of all modules it calls by a relative path, directly or not."""
    found: dict[Path, None] = {}
    waiting = [root.resolve()]
    while waiting:
        folder = waiting.pop()
        if folder in found or not folder.is_dir():
            continue
        found[folder] = None
        waiting.extend(ModuleSource(folder).local_modules().values())
    return list(found)


def installed_modules(root: Path) -> list[Path]:
    """The folders of every module of a configuration after `terraform init`, fetched ones too."""
    manifest = root / ".terraform" / "modules" / "modules.json"
    folders = {root}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        for module in json.loads(manifest.read_text(encoding="utf-8"))["Modules"]:
            folders.add((root / module["Dir"]).resolve())
    return sorted(folder for folder in folders if folder.is_dir())


def _files(folder: Path, *endings: str) -> list[Path]:
    """The files with these endings that Terraform reads: not the hidden ones, nor what editors leave behind."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.name.endswith(endings) and not file.name.startswith((".", "#")) and file.is_file()
    )


@lru_cache(maxsize=1)
def _parser() -> Any:
    import tree_sitter  # noqa: PLC0415  # only where sources are read: the pytest plugin must import fast
    import tree_sitter_hcl  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def syntax_tree(text: bytes) -> Any:
    """The root of tree-sitter's syntax tree of an HCL file: nodes with types, texts and byte positions."""
    return _parser().parse(text).root_node


def _parse(file: Path) -> Iterator[Block]:
    try:
        text = file.read_bytes()
    except OSError:
        return
    for node in _body_children(syntax_tree(text)):
        if node.type == "block":
            yield _block(node, file)


_DEEPEST: Final = 100
"""Terraform's own blocks nest five deep; what nests deeper is not worth the stack."""


def _body_children(node: Any) -> Iterator[Any]:
    for child in node.children:
        if child.type == "body":
            yield from child.children
        elif child.type in ("block", "attribute"):
            yield child


def _block(node: Any, file: Path, depth: int = 0) -> Block:
    words = [_text(child).strip('"') for child in node.children if child.type in ("identifier", "string_lit")]
    attributes = {}
    blocks = []
    for child in _body_children(node):
        if child.type == "attribute":
            name = _text(child.children[0])
            attributes[name] = Attribute(name, _text(child.children[-1]), child.start_point[0] + 1)
        elif child.type == "block" and depth < _DEEPEST:
            blocks.append(_block(child, file, depth + 1))
    return Block(
        type=words[0] if words else "",
        labels=tuple(words[1:]),
        file=file,
        line=node.start_point[0] + 1,
        end_line=node.end_point[0] + 1,
        attributes=attributes,
        blocks=tuple(blocks),
    )


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", errors="replace"))


_LABELS: Final = {
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "module": 1,
    "output": 1,
    "provider": 1,
    "resource": 2,
    "variable": 1,
}


def _parse_json(file: Path) -> Iterator[Block]:
    """The blocks of a `.tf.json` file. Its syntax keeps no lines worth pointing at, so every block is on line 1."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
        # Terraform takes one object or a list of them.
        for part in document if isinstance(document, list) else [document]:
            for block_type, content in part.items() if isinstance(part, dict) else ():
                yield from _json_blocks(str(block_type), content, _LABELS.get(block_type, 0), (), file)
    except (OSError, ValueError, RecursionError):
        return


def _json_blocks(kind: str, content: Any, depth: int, labels: tuple[str, ...], file: Path) -> Iterator[Block]:
    """The blocks in an object, or in a list of them.

    The syntax does not tell an attribute that holds an object from a block: such a one is both.
    """
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict):
            continue
        if len(labels) < depth:
            for label, inner in item.items():
                yield from _json_blocks(kind, inner, depth, (*labels, str(label)), file)
            continue
        attributes = {name: Attribute(name, json.dumps(value), 1) for name, value in item.items()}
        nested = tuple(
            block
            for name, value in item.items()
            if isinstance(value, (dict, list))
            for block in _json_blocks(name, value, 0, (), file)
        )
        yield Block(kind, labels, file, 1, 1, attributes, nested)
