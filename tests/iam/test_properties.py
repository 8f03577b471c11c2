"""What must hold for any policies and requests: metamorphic properties, and that nothing but our errors comes out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tfproof.errors import TfproofError
from tfproof.iam import Document, PolicySet, Request, evaluate, simulate_custom_policy, validate
from tfproof.iam.json_text import dump, parse

MODEST = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

USER = "arn:aws:iam::123456789012:user/bob"
ACTION = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "S3:getobject", "kms:Decrypt", "iam:GetUser"]
)
PATTERN = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:?etObject", "kms:*", "*:*", "s3:*Object"])
RESOURCE = st.sampled_from(["arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:s3:::b/a/b", "arn:aws:s3:::c/k", "*"])
COVER = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::*/k",
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3:::?/?",
    ]
)
VALUE = st.sampled_from(["k", "bob", "", "a*", "10", "true", "2026-01-01", "10.0.0.1"])
CONDITION = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotLike", "StringLikeIfExists", "ForAllValues:StringEquals", "ArnNotLike"]),
    st.dictionaries(
        st.sampled_from(["aws:username", "AWS:userid", "s3:prefix"]),
        st.lists(VALUE, max_size=2),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
).map(lambda block: {o: {k: ["*"] for k in keys} if o.startswith("Arn") else keys for o, keys in block.items()})
CONTEXT = st.dictionaries(
    st.sampled_from(["aws:username", "aws:UserId", "S3:PREFIX"]), st.one_of(VALUE, st.lists(VALUE, max_size=2))
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(st.lists(PATTERN, min_size=1, max_size=3)),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(st.lists(COVER, min_size=1, max_size=2)),
        "Condition": draw(CONDITION),
    }


POLICY = st.lists(statements(), min_size=1, max_size=3).map(lambda found: {"Version": "2012-10-17", "Statement": found})
POLICIES = st.lists(POLICY, max_size=3)
REQUEST = st.builds(lambda a, r, c: Request(a, r, principal=USER, context=c), ACTION, RESOURCE, CONTEXT)


def decide(policies: list[dict[str, Any]], request: Request, **layers: Any) -> str:
    return str(evaluate(policies, request, **layers).value)


@MODEST
@given(POLICIES, REQUEST, statements(("Deny",)))
def test_adding_a_deny_never_allows(policies: list[Any], request: Request, deny: dict[str, Any]) -> None:
    before = decide(policies, request)
    after = decide([*policies, {"Version": "2012-10-17", "Statement": deny}], request)
    assert after in {before, "explicitDeny"}


@MODEST
@given(POLICIES, REQUEST, st.randoms(use_true_random=False))
def test_order_and_splitting_never_matter(policies: list[Any], request: Request, chance: Any) -> None:
    before = decide(policies, request)
    shuffled = copy.deepcopy(policies)
    chance.shuffle(shuffled)
    for policy in shuffled:
        chance.shuffle(policy["Statement"])
    assert decide(shuffled, request) == before
    every = [statement for policy in policies for statement in policy["Statement"]]
    split = [{"Version": "2012-10-17", "Statement": statement} for statement in every]
    assert decide(split, request) == before
    if every:
        assert decide([{"Version": "2012-10-17", "Statement": every}], request) == before


@MODEST
@given(statements(("Allow",)), REQUEST)
def test_not_action_is_the_complement_of_action(statement: dict[str, Any], request: Request) -> None:
    statement = {name: value for name, value in statement.items() if name != "NotAction"} | {"Condition": {}}
    names = statement.setdefault("Action", ["s3:*"])
    other = {name: value for name, value in statement.items() if name != "Action"} | {"NotAction": names}
    both = [{"Version": "2012-10-17", "Statement": one} for one in (statement, other)]
    covered = {**statement, "Action": "*"}
    whole = decide([{"Version": "2012-10-17", "Statement": covered}], request)
    answers = [decide([policy], request) for policy in both]
    assert sorted(answers) == sorted(["implicitDeny", whole])


@MODEST
@given(statements(("Allow",)), REQUEST, st.integers(0, 40), st.integers(0, 3))
def test_widening_a_wildcard_is_monotone(statement: dict[str, Any], request: Request, at: int, cut: int) -> None:
    assume("Action" in statement and "Resource" in statement)
    narrow = decide([{"Version": "2012-10-17", "Statement": statement}], request)
    wider = copy.deepcopy(statement)
    name = wider["Resource"][0]
    position = 13 + at % max(1, len(name) - 12)
    if name != "*" and "$" not in name:
        wider["Resource"][0] = name[:position] + "*" + name[position + cut :]
    wider["Action"] = [pattern.partition(":")[0] + ":*" if ":" in pattern else pattern for pattern in wider["Action"]]
    assert narrow != "allowed" or decide([{"Version": "2012-10-17", "Statement": wider}], request) == "allowed"


@MODEST
@given(POLICIES, REQUEST, POLICY, st.sampled_from(["boundary", "session", "organizations"]))
def test_a_boundary_only_narrows(policies: list[Any], request: Request, limit: dict[str, Any], layer: str) -> None:
    layers: dict[str, Any] = {layer: limit if layer == "boundary" else [limit] if layer == "session" else [[limit]]}
    before, after = decide(policies, request), decide(policies, request, **layers)
    assert after != "allowed" or before == "allowed"
    assert before != "explicitDeny" or after == "explicitDeny"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@MODEST
@given(JSON | POLICY)
def test_parse_print_parse_is_the_identity(value: Any) -> None:
    parsed = parse(json.dumps(value))
    assert parse(dump(parsed)) == parsed
    assert dump(parse(dump(parsed))) == dump(parsed)


KEYS = ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"]
KEYS += ["Condition", "Sid", "Id", "AWS", "StringEquals", "NumericLessThan", "Bool", "Null", "IpAddress", "DateEquals"]
KEYS += ["ForAllValues:StringLike", "BinaryEquals", "ArnLike", "aws:username", "statement", ""]
WORDS = st.sampled_from(
    [*KEYS, "Allow", "Deny", "2012-10-17", "*", "s3:*", "arn:aws:s3:::b/*", "arn:aws:iam::1:u*", "${", "${a:b}"]
)
WORDS |= st.sampled_from(
    ["1e999999", "9" * 5000, "0x1", "::1", "10.0.0.0/8", "\x00", "\ud800", "2026-13-01", "${a:b, 'c'}", "١٢"]
)
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=25,
)
SHAPED = st.fixed_dictionaries(
    {
        "Version": st.just("2012-10-17") | WORDS,
        "Statement": st.lists(st.dictionaries(WORDS, WILD, max_size=6) | statements(), max_size=3),
    }
)


@settings(MODEST, max_examples=250)
@given(
    st.lists(SHAPED | WILD | st.text(), max_size=2),
    st.none() | SHAPED,
    WORDS | ACTION,
    WORDS | RESOURCE,
    st.dictionaries(WORDS, WILD, max_size=3),
    st.sampled_from(
        [None, USER, "arn:aws:iam::1:user/x", "logs.amazonaws.com", "arn:aws:sts::123456789012:assumed-role/a/b", ""]
    ),
)
@example([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}], None, "s3:x", "*", {"k": "v"}, None)
def test_any_input_gives_a_decision_or_one_of_our_errors(  # noqa: PLR0917  one argument a strategy
    policies: list[Any],
    resource_policy: Any,
    action: str,
    resource: str,
    context: dict[str, Any],
    principal: str | None,
) -> None:
    for source in policies:
        for form in (source, json.dumps(source)):
            for kind in ("identity", "resource", "trust", "scp"):
                try:
                    assert all(str(problem) for problem in validate(form, kind))
                except TfproofError:
                    assert not isinstance(form, (str, dict))
    try:
        request = Request(action, resource, principal=principal, context=context)
        decision = PolicySet(policies, resource=resource_policy, boundary=resource_policy).decide(request)
    except TfproofError:
        return
    assert str(decision.value) in str(decision)


@settings(MODEST, max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "PolicyInputList",
                "ActionNames",
                "ResourceArns",
                "ResourcePolicy",
                "CallerArn",
                "ContextEntries",
                "MaxItems",
            ]
        ),
        st.lists(SHAPED.map(json.dumps) | WORDS | st.text(max_size=5), max_size=2) | WILD,
    )
)
def test_any_api_request_gives_an_answer_or_one_of_our_errors(request: dict[str, Any]) -> None:
    request = {"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **request}
    try:
        answer = simulate_custom_policy(**request)
    except TfproofError:
        return
    assert answer["EvaluationResults"] or not request["ActionNames"]


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a":' * 100_000, "nul", '"\\ud800"', "9" * 10_000, "\ufeff{}"]
)
def test_texts_that_are_no_policies_are_problems(text: str) -> None:
    assert validate(text)
    with pytest.raises(TfproofError):
        Document(text)
