"""The search for secrets: the filter before the detector loses nothing, and nothing that is found is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from budget import at_night
from canaries import CANARIES
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from documents import as_bytes, resource, state
from hypothesis import given, settings
from hypothesis import strategies as st

from tfproof.audit.audited import audit_bytes
from tfproof.audit.secret_detector import _LEFT_OUT, kinds_of, kinds_of_unfiltered
from tfproof.audit.secret_values import is_secret_name
from tfproof.checks.finding import Verdict


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    plugins: dict[str, Any] = get_mapping_from_secret_type_to_class()
    for kind, plugin in plugins.items():
        if plugin.__name__ not in _LEFT_OUT:
            for pattern in plugin().denylist:
                yield kind, pattern


_PATTERNS = list(_patterns())


@pytest.mark.parametrize("name", CANARIES)
def test_recall_on_the_canaries_is_that_of_the_detector_alone(name: str) -> None:
    assert kinds_of(CANARIES[name]) == kinds_of_unfiltered(CANARIES[name])


@pytest.mark.parametrize(("kind", "pattern"), _PATTERNS, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(_PATTERNS)])
@settings(max_examples=at_night(400, 40))
@given(data=st.data())
def test_what_any_pattern_of_the_detector_matches_passes_the_filter(
    kind: str, pattern: re.Pattern[str], data: st.DataObject
) -> None:
    del kind
    ascii_only = st.characters(min_codepoint=32, max_codepoint=126)
    value = data.draw(st.from_regex(pattern, alphabet=ascii_only))

    assert kinds_of(value) == kinds_of_unfiltered(value)


@given(st.text(max_size=80))
def test_the_filter_agrees_with_the_detector_on_any_text(value: str) -> None:
    assert kinds_of(value) == kinds_of_unfiltered(value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("password", True),
        ("master_password", True),
        ("client_secret", True),
        ("api_key", True),
        ("secret_string", True),
        ("password_length", False),
        ("secret_arn", False),
        ("token_type", False),
        ("kms_key_id", False),
        ("key", False),
    ],
)
def test_names_that_say_secret(name: str, says: bool) -> None:  # noqa: FBT001
    assert is_secret_name(name) is says


def secrets_of(document: dict[str, Any]) -> list[tuple[str, str, Verdict]]:
    made = audit_bytes(as_bytes(document), "s").findings
    return [(f.answer.subject, f.answer.path, f.verdict) for f in made if f.check_id == "state-secrets"]


def test_a_secret_is_told_by_its_place_and_never_by_its_value() -> None:
    user_data = f"export TOKEN={CANARIES['github']}"
    document = state([resource("module.a.aws_instance.web", {"user_data": user_data, "tags": {"a b": "plain"}})])
    made = audit_bytes(as_bytes(document), "s")

    (answer,) = [f.answer for f in made.findings if f.check_id == "state-secrets"]
    assert (answer.address, answer.path) == ("module.a.aws_instance.web", "user_data")
    assert "GitHub Token" in answer.found
    assert CANARIES["github"] not in repr(made.findings)


def test_a_marked_secret_is_counted_and_an_unmarked_copy_of_it_is_told() -> None:
    marks = [[{"type": "get_attr", "value": "password"}]]
    marked = resource("aws_db_instance.a", {"password": "correct horse battery"}, sensitive_attributes=marks)
    copied = resource("aws_ssm_parameter.b", {"value": "x", "password": "correct horse battery"})

    assert [verdict for *_, verdict in secrets_of(state([marked]))] == [Verdict.PASSED]
    assert secrets_of(state([marked, copied])) == [("aws_ssm_parameter.b", "password", Verdict.FAILED)]


def test_one_secret_in_many_places_is_one_finding() -> None:
    value = CANARIES["stripe"]
    many = [resource(f"aws_instance.web{n}", {"user_data": value}) for n in range(50)]
    made = [f.answer for f in audit_bytes(as_bytes(state(many)), "s").findings if f.check_id == "state-secrets"]

    assert [answer.found for answer in made] == ["(redacted) Stripe Access Key, in 50 places"]


def test_a_sensitive_output_is_marked_and_another_is_not() -> None:
    outputs = {
        "good": {"value": CANARIES["slack"], "type": "string", "sensitive": True},
        "bad": {"value": {"a": [CANARIES["gitlab"]]}, "type": "string"},
    }

    assert secrets_of(state(outputs=outputs)) == [("output.bad", "a[0]", Verdict.FAILED)]


def test_the_search_can_be_left_out() -> None:
    document = state([resource("aws_instance.web", {"user_data": CANARIES["github"]})])

    made = audit_bytes(as_bytes(document), "s", secrets=False)

    assert "state-secrets" not in {finding.check_id for finding in made.findings}
    assert json.dumps(made.facts)
