"""The bucket policy's source: what protects the module's own statements from a caller's."""

from __future__ import annotations

import re

import pytest


def test_every_statement_is_among_those_that_a_caller_cannot_replace(request: pytest.FixtureRequest) -> None:
    """Terraform drops a caller's statement with an equal Sid without a word; own_sids is what refuses it."""
    text = (request.config.rootpath / "modules/state-backend/bucket_policy.tf").read_text(encoding="utf-8")
    listed = re.search(r"^  own_sids = \[(.*?)^  \]", text, re.DOTALL | re.MULTILINE)
    assert listed is not None

    own = re.findall(r'"(\w+)"', listed.group(1))
    sids = re.findall(r'^ +sid += "(\w+)"', text, re.MULTILINE)

    assert own == sids
    assert len(sids) == text.count("statement {") + text.count('dynamic "statement" {') == len(set(sids))
