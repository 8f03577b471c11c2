"""Blocks and their lines, read from sources of every kind, broken ones too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfproof.terraform.source import Block, ModuleSource, installed_modules, module_folders

Write = Callable[[Mapping[str, str]], Path]

MAIN = """\
# resource "aws_no" "comment" {}
resource "aws_s3_bucket" "tf_state" {
  bucket = "b" /* } */
  text   = <<-EOT
    }
    resource "aws_no" "heredoc" {
    ${jsonencode({ a = "}" })} %{if true}}%{endif}
  EOT
  braces = "} { \\" ${"}"}" // }

  rule {
    id = "first"
    filter {
      prefix = "p"
    }
  }

  rule {
    id = "second"
  }

  dynamic "grant" {
    for_each = [1]

    content {
      type = "x"
    }
  }
}

data "aws_region" "this" {}

module "child" {
  source = "./child"
}

module "remote" {
  source = "hashicorp/consul/aws"
}

output "o" {
  description = "d"
  value       = 1
}

data "aws_iam_policy_document" "p" {
  statement {
    sid = "First"
  }

  dynamic "statement" {
    for_each = []
    content {
      sid     = "Second"
      actions = ["s3:*"]
    }
  }
}

resource "aws_s3_bucket_policy" "tf_state" {
  bucket = "b"
  policy = "p"
}
"""
CHILD = """\
resource "aws_kms_key" "tf_state" {
  count = 2
  policy = "x"
}

module "deep" {
  source = "../deep"
}
"""
DEEP = 'output "k" {\n  value = 1\n}\nresource "a_b" "c" {}\n'


@pytest.fixture
def source(write: Write) -> ModuleSource:
    return ModuleSource(write({"main.tf": MAIN, "child/main.tf": CHILD, "deep/main.tf": DEEP}))


def test_blocks_have_their_labels_lines_attributes_and_blocks(source: ModuleSource) -> None:
    bucket = source.find("resource", "aws_s3_bucket", "tf_state")

    assert bucket is not None
    assert (bucket.line, bucket.end_line) == (2, 29)
    assert set(bucket.attributes) == {"bucket", "text", "braces"}
    assert bucket.attributes["bucket"].text == '"b"'
    assert (bucket.attributes["text"].line, bucket.attributes["braces"].line) == (4, 9)
    assert [(block.type, block.labels, block.line) for block in bucket.blocks] == [
        ("rule", (), 11),
        ("rule", (), 18),
        ("dynamic", ("grant",), 22),
    ]


def test_comments_strings_and_heredocs_hold_no_blocks(source: ModuleSource) -> None:
    assert [block.labels for block in source.of_type("resource")] == [
        ("aws_s3_bucket", "tf_state"),
        ("aws_s3_bucket_policy", "tf_state"),
    ]
    assert source.find("resource", "aws_no", "heredoc") is None


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 2),
        ("bucket", 3),
        ("rule[0].id", 12),
        ("rule[0].filter[0].prefix", 14),
        ("rule[0].filter[0].tag", 13),
        ("rule[1].id", 19),
        ("rule[1].filter[0].prefix", 18),
        ("rule[7].id", 19),
        ("grant[3].type", 26),
        ("grant[0].id", 25),
        ("not_written.at_all", 2),
    ],
)
def test_a_path_leads_to_the_line_of_its_deepest_part_that_is_written(
    source: ModuleSource, path: str, line: int
) -> None:
    found = source.locate("aws_s3_bucket.tf_state[0]", path)

    assert found is not None
    assert (found.file.name, found.line) == ("main.tf", line)
    assert str(found) == f"{source.folder / 'main.tf'}:{line}"


@pytest.mark.parametrize(
    ("address", "path", "place"),
    [
        ("data.aws_region.this", "", "main.tf:31"),
        ("output.o", "value", "main.tf:43"),
        ("module.child", "source", "main.tf:34"),
        ('module.child["a.b"].aws_kms_key.tf_state[1]', "policy", "child/main.tf:3"),
        ('module.child["a]b \\" ["].aws_kms_key.tf_state["x.y"]', "count", "child/main.tf:2"),
        ("module.child[0].module.deep[0].a_b.c", "x", "deep/main.tf:4"),
        ("module.child.module.deep.output.k", "value", "deep/main.tf:2"),
        ("module.remote.aws_x.y", "x", "main.tf:37"),
        ("aws_s3_bucket_policy.tf_state", "policy#First", "main.tf:47"),
        ("aws_s3_bucket_policy.tf_state", "policy#Second", "main.tf:53"),
        ("aws_s3_bucket_policy.tf_state", "policy#Third", "main.tf:62"),
    ],
)
def test_locates_through_modules_and_by_sid(source: ModuleSource, address: str, path: str, place: str) -> None:
    found = source.locate(address, path)

    assert found is not None
    assert f"{found.file.resolve().relative_to(source.folder.resolve())}:{found.line}" == place


@pytest.mark.parametrize(
    "address", ["", "aws_no.no", "module.no.aws_x.y", "module.child.aws_no.no", "output.no", "[", "module", "..."]
)
def test_what_is_not_written_is_nowhere(source: ModuleSource, address: str) -> None:
    assert source.locate(address, "x") is None


def test_crlf_and_bom_change_no_line(write: Write) -> None:
    source = ModuleSource(write({"main.tf": "\ufeff" + MAIN.replace("\n", "\r\n")}))
    bucket = source.find("resource", "aws_s3_bucket", "tf_state")

    assert bucket is not None
    assert (bucket.line, bucket.line_of("rule[0].filter[0].prefix")) == (2, 14)
    assert bucket.attributes["bucket"].text == '"b"'


def test_json_syntax_and_opentofus_files_are_read(write: Write) -> None:
    source = ModuleSource(
        write(
            {
                "a.tf.json": json.dumps({"resource": {"aws_x": {"y": [{"z": 1, "rule": [{"a": 1}, {"a": 2}]}]}}}),
                "b.tofu": 'resource "aws_x" "tofu" {}',
                "c.tofu.json": '{"output": {"o": {"value": "${1}"}}, "//": "comment"}',
                "d.tf.json": '[{"module": {"m": {"source": "./m"}}}, {"locals": {"x": 1}}]',
            }
        )
    )
    block = source.find("resource", "aws_x", "y")

    assert block is not None
    assert block.attributes["z"].text == "1"
    assert [inner.attributes["a"].text for inner in block.blocks] == ["1", "2"]
    assert source.find("resource", "aws_x", "tofu") is not None
    assert source.find("output", "o") is not None
    assert set(source.local_modules()) == {"m"}
    found = source.locate("aws_x.y", "rule[1].a")
    assert found is not None
    assert (found.file.name, found.line) == ("a.tf.json", 1)


@pytest.mark.parametrize(
    "broken",
    ['resource "a" "b" {\n  x = \n}\n', "}}}", 'resource "a" {', "{", '"', "<<EOT\n", "\x00\xff", "${", "\ufeff"],
)
def test_a_file_with_a_syntax_error_hides_no_other_file(write: Write, broken: str) -> None:
    source = ModuleSource(write({"a.tf": broken, "b.tf": 'resource "x" "y" {}\n', "c.tf.json": broken}))

    assert source.find("resource", "x", "y") is not None


def test_what_stands_before_a_syntax_error_is_found(write: Write) -> None:
    source = ModuleSource(write({"a.tf": 'resource "x" "y" {\n  a = 1\n}\n\nresource "z" {{\n'}))

    found = source.locate("x.y", "a")
    assert found is not None
    assert found.line == 2


@pytest.mark.parametrize(
    "text", ["a {\n" * 3000 + "}\n" * 3000, "x = " + "[" * 3000 + "]" * 3000, "a = " + "(" * 3000], ids=["a", "b", "c"]
)
def test_the_deepest_nesting_is_survived(write: Write, text: str) -> None:
    assert len(ModuleSource(write({"a.tf": text})).blocks) <= 1


@pytest.mark.parametrize(
    "text", ['{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000, '{"a": 1e999}', "3", "null", "[[]]"]
)
def test_strange_json_is_survived(write: Write, text: str) -> None:
    assert ModuleSource(write({"a.tf.json": text})).find("resource", "a", "b") is None


pieces = st.sampled_from(
    ['resource "a" "b" {', "}", "\n", 'x = "', '"', "<<EOT\n", "EOT\n", "${", "[", "{", "#", "/*", "*/", "a", "=",
     "\r\n",
     "é", "\x00", "\ufeff", "dynamic", " ", "\\", "%{", "1"]
)  # fmt: skip


def blocks_in(text: bytes, name: str) -> tuple[Block, ...]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(text)
        source = ModuleSource(Path(folder))
        source.locate("a.b", "x[0].y")
        source.locate("module.a.module.b.c.d", "p#Sid")
        source.local_modules()
        return source.blocks


@given(st.one_of(st.binary(), st.text().map(str.encode), st.lists(pieces).map(lambda parts: "".join(parts).encode())))
def test_no_text_makes_it_raise(text: bytes) -> None:
    for block in blocks_in(text, "a.tf"):
        assert 1 <= block.line <= block.end_line <= text.count(b"\n") + 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["resource", "data", "provider", "a", ""]), inner),
)


@given(st.one_of(json_values.map(json.dumps).map(str.encode), st.binary()))
def test_no_json_makes_it_raise(text: bytes) -> None:
    for block in blocks_in(text, "a.tf.json"):
        assert block.line == 1


@given(st.text(), st.text())
def test_no_address_and_no_path_makes_it_raise(address: str, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text(MAIN, encoding="utf-8")
        ModuleSource(Path(folder)).locate(address, path)


def test_installed_modules_come_from_terraforms_own_list(write: Write, tmp_path: Path) -> None:
    root = write({"main.tf": "", "child/main.tf": ""})
    manifest = root / ".terraform" / "modules" / "modules.json"
    assert installed_modules(root) == [root]

    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"Modules": [{"Dir": "."}, {"Dir": "child"}, {"Dir": "gone"}]}), encoding="utf-8")
    assert installed_modules(root) == [root, root / "child"]

    for broken in ("", "[]", "{}", '{"Modules": 3}', '{"Modules": [{}]}'):
        manifest.write_text(broken, encoding="utf-8")
        assert installed_modules(root) == [root]
    assert module_folders(tmp_path / "nowhere") == []
