"""A backend in use that does not answer everything: what is not known is undecided, and nothing found is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from small_live_backend import (
    ALIAS,
    BUCKET,
    DENIED,
    HEAD_400,
    Broken,
    Small,
    audited,
    of,
    place,
    set_default,
    verdicts,
)

from tfproof.audit.live.backend import LiveAudit, LiveSettings
from tfproof.audit.live.journal import Journal
from tfproof.errors import UsageError

pytestmark = pytest.mark.xdist_group("audit-backend")


KEY_CHECKS = {"key-pending-deletion", "key-enabled", "key-rotation", "key-policy-root", "key-policy-grants"}


# -- the key -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "refused"),
    [("key", "get_bucket_encryption"), (ALIAS, "describe_key"), ("id", "describe_key"), (None, "")],
    ids=["default refused", "alias not resolved", "id not resolved", "no key in the default"],
)
def test_without_knowing_the_key_what_is_under_a_key_is_undecided_and_nothing_is_to_be_copied(
    small: Small, default: str | None, refused: str
) -> None:
    set_default(small, {"key": small.key, "id": small.key.rpartition("/")[2]}.get(default or "", default))
    instead: dict[str, Any] = {refused: DENIED} if refused else {}

    found = audited(place(small, **instead))

    outcomes = verdicts(found)
    assert set(outcomes) >= KEY_CHECKS
    assert all(outcomes[check] == {"undecided"} for check in KEY_CHECKS)
    objects = of(found, "live-object-encryption")
    assert [subject for subject, verdict, _ in objects if verdict == "failed"] == [f"s3://{BUCKET}/plain"]
    assert [subject for subject, verdict, _ in objects if verdict == "undecided"] == [f"s3://{BUCKET}"]
    assert outcomes["bucket-encryption-key"] == ({"undecided"} if refused else {"failed"})
    assert outcomes["policy-encryption-key"] == {"undecided"}
    assert not [remedy for _, remedy in found if "copy-object" in remedy]


@pytest.mark.parametrize("named", ["key", "id", ALIAS, "alias arn"])
@pytest.mark.parametrize("by_option", [True, False], ids=["--key", "default"])
def test_a_key_is_the_same_however_it_is_named(small: Small, named: str, by_option: bool) -> None:  # noqa: FBT001
    arn, _, number = small.key.rpartition("key/")
    name = {"key": small.key, "id": number, "alias arn": f"{arn}{ALIAS}"}.get(named, named)
    set_default(small, small.key if by_option else name)
    found = audited(place(small), key=name if by_option else "")

    wrong = [subject for subject, verdict, _ in of(found, "live-object-encryption") if verdict != "passed"]
    assert wrong == [f"s3://{BUCKET}/foreign", f"s3://{BUCKET}/plain"]
    assert all(small.key in remedy for _, _, remedy in of(found, "live-object-encryption"))
    assert verdicts(found)["bucket-encryption-key"] == {"passed"}


@pytest.mark.parametrize(
    ("name", "instead", "said"),
    [
        ("my key", {}, "is no key of KMS"),
        ("arn:aws:s3:::x", {}, "is no key of KMS"),
        ("31074a2f", {}, "is no key of KMS"),
        ("alias/none", {}, "does not exist"),
        ("arn:aws:kms:us-east-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1", {}, "does not exist"),
        (ALIAS, {"describe_key": DENIED}, "could not be found out"),
    ],
)
def test_a_key_that_cannot_be_told_is_bad_usage(small: Small, name: str, instead: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        audited(place(small, **instead), key=name)


def test_a_key_arn_that_must_not_be_described_is_held_against_all_the_same(small: Small) -> None:
    found = audited(place(small, describe_key=DENIED), key=small.other)

    wrong = [subject for subject, verdict, _ in of(found, "live-object-encryption") if verdict == "failed"]
    assert len(wrong) == 6
    assert verdicts(found)["key-pending-deletion"] == {"undecided"}


# -- what is not listed or compared ------------------------------------------------------------------------------------


def test_without_a_listing_nothing_about_objects_passes(small: Small) -> None:
    found = verdicts(audited(place(small, "", list_object_versions=DENIED)))

    for check in ("live-object-encryption", "live-version-encryption", "live-bucket-key", "live-locks"):
        assert found[check] == {"undecided"}, check
    assert found["live-delete-markers"] == {"undecided"}


def test_without_a_scan_locks_and_digests_are_undecided(small: Small) -> None:
    found = verdicts(audited(place(small, scan=DENIED)))

    assert found["live-digest"] == found["live-locks"] == {"undecided"}


def test_digests_that_are_not_compared_do_not_pass(small: Small) -> None:
    assert verdicts(audited(place(small), digests=False))["live-digest"] == {"undecided"}
    assert verdicts(audited(place(small, prefix="foreign"), digests=False))["live-digest"] == {"passed"}  # it has none


def test_a_lock_file_that_must_not_be_read_is_a_lock_all_the_same(small: Small) -> None:
    s3 = small.target.client("s3")
    s3.put_object(Bucket=BUCKET, Key="x.tflock", Body=b"{}")
    how = LiveSettings(lock_age=dt.timedelta(0))
    try:
        made = LiveAudit(place(small, "", "x", head_object=DENIED), how, Journal(None, {})).findings()
        assert verdicts(list(made))["live-locks"] == {"failed"}
    finally:
        for version in s3.list_object_versions(Bucket=BUCKET, Prefix="x.tflock")["Versions"]:
            s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [("SlowDown", 503), ("ExpiredToken", 400), ("InternalError", 500)])
@pytest.mark.parametrize(
    ("operation", "checks"),
    [
        ("list_object_versions", ["live-object-encryption", "live-version-encryption"]),
        ("list_multipart_uploads", ["live-uploads"]),
        ("scan", ["live-digest", "live-locks"]),
        ("get_bucket_encryption", ["bucket-encryption", "key-pending-deletion"]),
        ("get_bucket_policy", ["policy-insecure-transport"]),
        ("describe_table", ["lock-table-key"]),
    ],
)
def test_an_error_of_aws_leaves_its_checks_undecided_and_the_rest_is_told(
    small: Small, operation: str, checks: list[str], code: tuple[str, int]
) -> None:
    instead: dict[str, Any] = {operation: code}
    where = place(small, **instead)

    found = audited(where)

    outcomes = verdicts(found)
    for check in checks:
        assert outcomes[check] == {"undecided"}, check
    assert outcomes["bucket-versioning"] == {"passed"}
    assert where.refused == set()  # no permission is missing
    assert any(code[0] in finding.answer.found for finding, _ in found)
    if code[0] == "SlowDown" and operation.startswith("list"):
        assert any("--concurrency" in remedy for _, remedy in found)


def test_a_store_without_multipart_uploads_is_audited(small: Small) -> None:
    assert verdicts(audited(place(small, list_multipart_uploads=("NotImplemented", 501))))["live-uploads"] == {
        "undecided"
    }


SSE_C = (
    "InvalidRequest",
    400,
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object.",
)


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (SSE_C, "failed"),
        (("InvalidRequest", 400, "Something else"), "undecided"),
        (("InternalError", 500), "undecided"),
    ],
)
def test_a_head_that_says_400_is_sse_c_when_s3_says_so(small: Small, told: Any, verdict: str) -> None:
    found = audited(place(small, "", "right-0", head_object=HEAD_400, get_object=told))

    (answer,) = of(found, "live-object-encryption")
    assert answer[1] == verdict


def test_a_head_that_says_400_for_once_is_made_good_by_the_object(small: Small) -> None:
    found = audited(place(small, "", "right-0", head_object=HEAD_400))

    assert verdicts(found)["live-object-encryption"] == {"passed"}


def test_a_session_that_runs_out_ends_the_walk_and_another_one_goes_on(small: Small, tmp_path: Path) -> None:
    about = {"bucket": BUCKET}
    asked: list[str] = []

    def head(client: Broken, method: str, arguments: dict[str, Any]) -> Any:
        asked.append(arguments["Key"])
        return client.answer(method, arguments) if len(asked) < 3 else client.fail(method, *HEAD_400)

    journal = Journal(tmp_path / "journal", about)
    found = audited(place(small, "", head_object=head, get_object=("ExpiredToken", 400)), journal)
    journal.close()

    assert not [item for item in of(found, "live-object-encryption") if item[0].endswith(("right-3", "right-4"))]
    assert "undecided" in verdicts(found)["live-object-encryption"]
    assert any("sign in again" in remedy for _, _, remedy in of(found, "live-object-encryption"))
    again = Journal(tmp_path / "journal", about)
    wrong = [item[0].rpartition("/")[2] for item in of(audited(place(small, ""), again), "live-object-encryption")]
    again.close()
    assert wrong == ["foreign", "plain"]
