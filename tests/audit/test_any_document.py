"""Whatever is in a file, it is audited or refused, and nothing else."""

from __future__ import annotations

from typing import Any

from documents import GOOD, as_bytes, plan, state
from hypothesis import given
from hypothesis import strategies as st

from tfproof.audit.audited import audit_bytes
from tfproof.audit.errors import DocumentError

_leaf = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
_json = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMES = st.sampled_from(
    [
        "aws_s3_bucket",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_versioning",
        "aws_kms_key",
        "aws_kms_alias",
        "aws_dynamodb_table",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_iam_policy",
    ]
)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "bucket",
            "arn",
            "policy",
            "rule",
            "versioning",
            "versioning_configuration",
            "hash_key",
            "attribute",
            "key_id",
            "tags",
            "server_side_encryption_configuration",
            "lifecycle_rule",
            "target_key_id",
            "name",
            "force_destroy",
            "id",
        ]
    ),
    _json | st.sampled_from(["acme-tfstate", "arn:aws:s3:::acme-tfstate", "LockID", '{"Statement": {}}']),
    max_size=6,
)


@st.composite
def _states(draw: st.DrawFn) -> dict[str, Any]:
    resources = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "mode": st.just("managed") | _leaf,
                    "type": _NAMES | _leaf,
                    "name": st.just("tf_state") | st.text(max_size=5),
                },
                optional={
                    "module": st.just("module.a") | _leaf,
                    "provider": _leaf,
                    "instances": st.lists(
                        st.fixed_dictionaries(
                            {"attributes": _ATTRIBUTES | _json},
                            optional={
                                "sensitive_attributes": _json,
                                "index_key": _leaf,
                                "status": _leaf,
                                "deposed": _leaf,
                            },
                        )
                        | _json,
                        max_size=3,
                    )
                    | _json,
                },
            ),
            max_size=4,
        )
    )
    return {**state(), "resources": resources, "outputs": draw(st.just({}) | _json), "serial": draw(st.just(1) | _json)}


@st.composite
def _plans(draw: st.DrawFn) -> dict[str, Any]:
    value = _ATTRIBUTES | _json
    made = st.fixed_dictionaries(
        {"actions": st.just(["update"]) | _json},
        optional={
            "before": value,
            "after": value,
            "after_unknown": _json,
            "after_sensitive": _json,
            "before_sensitive": _json,
        },
    )
    changes = draw(
        st.lists(
            st.fixed_dictionaries(
                {"address": st.text(max_size=12), "type": _NAMES, "name": st.text(max_size=5), "change": made | _json},
                optional={"module_address": _leaf, "mode": _leaf, "deposed": _leaf},
            )
            | _json,
            max_size=4,
        )
    )
    for entry in changes:
        if isinstance(entry, dict) and isinstance(entry.get("type"), str):
            entry["address"] = f"{entry['type']}.{entry.get('name', 'x')}"
    return {
        **plan(),
        "resource_changes": changes,
        "configuration": draw(_json),
        "output_changes": draw(st.just({}) | _json),
    }


@given(_states() | _plans() | _json)
def test_whatever_is_in_a_file_it_is_audited_or_refused_and_nothing_else(document: Any) -> None:
    try:
        audit_bytes(as_bytes(document), "fuzzed")
    except DocumentError as error:
        refused = error
    else:
        return
    assert refused.exit_code == 2


@given(st.data())
def test_a_file_with_bytes_changed_or_lost_is_audited_or_refused(data: st.DataObject) -> None:
    changed = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        if data.draw(st.booleans()):
            changed[at] = data.draw(st.integers(0, 255))
        else:
            del changed[at : at + data.draw(st.integers(1, 30))]
            changed = changed or bytearray(b"{")
    try:
        audit_bytes(bytes(changed), "fuzzed")
    except DocumentError as error:
        refused = error
    else:
        return
    assert refused.exit_code == 2
