"""Whole valid inputs of the module, drawn by hypothesis; written from the README's tables, not from the validations."""

from __future__ import annotations

import json
import string
from typing import Any

import bucket_names
from hypothesis import strategies as st

__all__ = ["valid_inputs"]

_LETTERS = string.ascii_letters + string.digits
_PARTITIONS = st.sampled_from(["aws", "aws-cn", "aws-us-gov"])
_ACCOUNTS = st.integers(10**11, 10**12 - 1).map(str)
_WORD = st.text(_LETTERS, min_size=1, max_size=12)
_BUCKETS = (
    st.lists(st.text(string.ascii_lowercase + string.digits, min_size=3, max_size=14), min_size=1, max_size=4)
    .map("-".join)
    .filter(bucket_names.is_valid)
)
_STATE_KEY = st.lists(st.text(_LETTERS + "!_.'()=@+:-", min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)


@st.composite
def _principals(draw: st.DrawFn) -> list[str]:
    kinds = st.sampled_from(["root", "user/li", "role/ci", "role/path/to/ci", "user/a+b=c,d.e@f-g_h"])
    one = st.builds(lambda p, a, kind: f"arn:{p}:iam::{a}:{kind}", _PARTITIONS, _ACCOUNTS, kinds)
    return draw(st.lists(one, max_size=3, unique=True))


@st.composite
def _replication(draw: st.DrawFn, own: str) -> dict[str, Any]:
    partition, account = draw(_PARTITIONS), draw(_ACCOUNTS)
    region = draw(st.sampled_from(["eu-west-1", "us-east-2", "cn-north-1", "us-gov-west-1"]))
    found: dict[str, Any] = {
        "destination_bucket_arn": f"arn:{partition}:s3:::{draw(_BUCKETS.filter(lambda name: name != own))}",
        "destination_kms_key_arn": f"arn:{partition}:kms:{region}:{account}:key/{draw(_WORD)}",
    }
    role = draw(st.sampled_from(["made", "made, bounded", "given"]))
    if role == "given":
        found["role"] = {"arn": f"arn:{partition}:iam::{account}:role/replication"}
    elif role == "made, bounded":
        found["permissions_boundary_arn"] = f"arn:{partition}:iam::{account}:policy/boundary"
    if draw(st.booleans()):
        classes = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]
        found["storage_class"] = draw(st.sampled_from(classes))
    return found


@st.composite
def _keys(draw: st.DrawFn) -> dict[str, Any]:
    """State key, prefixes, and what they ask of each other."""
    workspaces = draw(st.sampled_from(["env:", "workspaces", "a/b"]))
    key = draw(_STATE_KEY.filter(lambda key: not key.endswith(".tflock") and not key.startswith(f"{workspaces}/")))
    found = {"workspace_key_prefix": workspaces, "state_key": key}
    if draw(st.booleans()):
        found["state_key_prefix"] = key[: draw(st.integers(1, len(key)))]
    return found


@st.composite
def valid_inputs(draw: st.DrawFn) -> dict[str, Any]:
    """Values of the module's variables, all of them valid; each variable is there or not, `bucket_name` always."""
    bucket = draw(_BUCKETS)
    mode = draw(st.sampled_from(["dynamodb", "s3", "both"]))
    statement = {
        "Sid": draw(_WORD.filter(lambda sid: not sid.startswith("Deny"))),
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "abort_incomplete_upload_days": st.integers(1, 365),
        "access_logging": st.fixed_dictionaries(
            {"bucket": _BUCKETS.filter(lambda name: name != bucket)}, optional={"prefix": st.sampled_from(["", "s3/"])}
        ),
        "bucket_policy_documents": st.just([json.dumps({"Version": "2012-10-17", "Statement": [statement]})]),
        "iam_policy": st.fixed_dictionaries(
            {"name": _WORD}, optional={"path": st.sampled_from(["/", "/ci/"]), "description": _WORD}
        ),
        "kms_administrator_arns": _principals(),
        "kms_deletion_window_days": st.integers(7, 30),
        "kms_key_alias": _WORD.map("alias/{}".format).filter(lambda alias: not alias.startswith("alias/aws")),
        "kms_rotation_period_days": st.integers(90, 2560),
        "kms_user_arns": _principals(),
        "lifecycle_enabled": st.booleans(),
        "noncurrent_version_days": st.integers(1, 3650),
        "noncurrent_versions_to_keep": st.integers(1, 100),
        "replication": _replication(bucket),
        "strict_encryption_headers": st.booleans(),
        "tags": st.dictionaries(
            _WORD.filter(lambda key: not key.lower().startswith("aws")),
            st.text(_LETTERS + " ", max_size=20),
            max_size=5,
        ),
    }
    if mode != "s3":
        optional["lock_table_name"] = st.text(_LETTERS + "_.-", min_size=3, max_size=60)
    found: dict[str, Any] = {"bucket_name": bucket, "lock_mode": mode, **draw(_keys())}
    return {**found, **draw(st.fixed_dictionaries({}, optional=optional))}
