"""A backend in use with thousands of objects: every wrong one is found, none invented, and nothing is changed."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource as process
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from botocore.config import Config
from budget import at_night
from state_bucket import Filled, fill

from tfproof import cli
from tfproof.audit.live.backend import LiveAudit, LiveSettings
from tfproof.audit.live.journal import Journal
from tfproof.audit.live.place import Place
from tfproof.errors import UsageError
from tfproof.report.model import schema
from tfproof.targets.embedded import EmbeddedTarget

pytestmark = pytest.mark.xdist_group("audit-backend")

OBJECTS = at_night(50_000, 5_000)
NEW = ["--lock-age", "0"]
"""Everything at the target was written a moment ago."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedTarget, Filled]]:
    """A target of its own: what stands in it is no leftover of anybody."""
    with EmbeddedTarget(tmp_path_factory.mktemp("audit") / "target.log") as target:
        yield target, fill(target.client, "acme-states", OBJECTS)


@pytest.fixture
def run(
    backend: tuple[EmbeddedTarget, Filled], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, dict[str, Any]]]:
    target, _ = backend
    for name, value in target.environment().items():
        monkeypatch.setenv(name, value)

    def ran(*options: str) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "evidence.json"
        where = ["--endpoint-url", target.endpoint, "--format", "json", "--output", str(file)]
        code = cli.main(["audit-backend", *options, *where])
        return code, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    return ran


def keys(evidence: dict[str, Any], check_id: str, verdict: str = "failed") -> list[str]:
    (check,) = [item for item in evidence["checks"] if item["id"] == check_id]
    found = [item["subject"].split("/", 3)[3] for item in check["findings"] if item["verdict"] == verdict]
    assert len(found) == min(check["counts"].get(verdict, 0), 500)
    return found


def test_finds_all_that_is_wrong_and_invents_nothing(
    backend: tuple[EmbeddedTarget, Filled], run: Callable[..., tuple[int, dict[str, Any]]]
) -> None:
    _, known = backend

    code, found = run("--bucket", known.bucket, "--table", known.table, "--concurrency", "8", *NEW)

    jsonschema.validate(found, schema())
    objects = found["objects"]
    counts = {check["id"]: check["counts"] for check in found["checks"]}
    assert code == 1
    assert (objects["versions"], objects["delete_markers"]) == (known.versions, known.markers)
    assert counts["live-object-encryption"]["failed"] == len(known.wrong_current)
    assert counts["live-version-encryption"]["failed"] == len(known.wrong_versions)
    assert set(keys(found, "live-object-encryption")) <= known.wrong_current
    assert set(keys(found, "live-version-encryption")) <= known.wrong_versions
    if OBJECTS <= 5_000:
        assert set(keys(found, "live-object-encryption")) == known.wrong_current
        assert set(keys(found, "live-version-encryption")) == known.wrong_versions
    assert set(keys(found, "live-locks")) == known.locks
    assert set(keys(found, "live-digest")) == known.digests
    assert len(objects["workspaces"]) == 50
    assert objects["complete"]
    # One request for each version, one for a thousand of them, and a few.
    assert objects["requests"]["HeadObject"] == known.versions
    assert objects["requests"]["ListObjectVersions"] <= (known.versions + known.markers) // 1000 + 2
    assert objects["requests"]["GetObject"] == 21
    assert not [need for need in found["permissions"] if need["refused"]]
    # Nothing was written: every operation that was sent reads.
    assert all(name.startswith(("Head", "Get", "List", "Describe", "Scan")) for name in objects["requests"])


def test_the_command_that_it_prints_mends_a_wrong_object(
    backend: tuple[EmbeddedTarget, Filled], run: Callable[..., tuple[int, dict[str, Any]]]
) -> None:
    target, known = backend
    s3 = target.client("s3")
    key = "with space & 'quotes'/+ümlaut.tfstate"
    s3.put_object(Bucket=known.bucket, Key=key, Body=b"{}", ServerSideEncryption="AES256")
    _, before = run("--bucket", known.bucket, "--prefix", "with space")
    (finding,) = next(item for item in before["checks"] if item["id"] == "live-object-encryption")["findings"]

    arguments = _as_boto3(finding["remedy"])
    s3.copy_object(**arguments)
    _, after = run("--bucket", known.bucket, "--prefix", "with space")

    (check,) = [item for item in after["checks"] if item["id"] == "live-object-encryption"]
    assert check["outcome"] == "passed"
    for version in s3.list_object_versions(Bucket=known.bucket, Prefix="with space")["Versions"]:
        s3.delete_object(Bucket=known.bucket, Key=version["Key"], VersionId=version["VersionId"])


@pytest.mark.parametrize("shape", ["terminal", "sarif", "junit", "markdown", "html"])
def test_every_format_shows_it(
    backend: tuple[EmbeddedTarget, Filled],
    run: Callable[..., tuple[int, dict[str, Any]]],
    shape: str,
    tmp_path: Path,
) -> None:
    del run  # for the environment
    target, known = backend
    file = tmp_path / "report"
    where = ["--endpoint-url", target.endpoint, "--prefix", "env:/team-01", "--format", shape, "--output", str(file)]

    assert cli.main(["audit-backend", "--bucket", known.bucket, *where]) == 1

    text = file.read_text(encoding="utf-8")
    assert "live-object-encryption" in text
    if shape in ("terminal", "html"):
        assert "s3:ListBucketVersions" in text
        assert "copy-object" in text


def _as_boto3(command: str) -> dict[str, Any]:
    """The arguments of `aws s3api copy-object ...`, as boto3 takes them."""
    import shlex  # noqa: PLC0415

    words = shlex.split(command)
    assert words[:3] == ["aws", "s3api", "copy-object"]
    assert words[-1] == "--bucket-key-enabled"
    given = dict(zip(words[3:-1:2], words[4:-1:2], strict=True))
    return {
        "Bucket": given["--bucket"],
        "Key": given["--key"],
        "CopySource": given["--copy-source"],
        "ServerSideEncryption": given["--server-side-encryption"],
        "SSEKMSKeyId": given["--ssekms-key-id"],
        "BucketKeyEnabled": True,
    }


def audit(
    target: EmbeddedTarget, known: Filled, journal: Journal, *, prefix: str = "", stop_after: int = 0
) -> LiveAudit:
    pages = 0

    def progress(_tally: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == stop_after:
            raise KeyboardInterrupt

    place = Place(known.bucket, "", prefix, target.client)
    return LiveAudit(place, LiveSettings(concurrency=8, lock_age=dt.timedelta(0)), journal, progress)


def test_an_audit_that_ends_early_goes_on_where_it_was_and_counts_nothing_twice(
    backend: tuple[EmbeddedTarget, Filled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, known = backend
    # Small pages of the objects of one team.
    prefix = "env:/team-01"
    in_prefix = {key for key in known.wrong_current if key.startswith(prefix)}
    from tfproof.audit.live import objects  # noqa: PLC0415

    monkeypatch.setattr(objects, "_PAGE", OBJECTS // 250)
    file = tmp_path / "journal"
    about = {"bucket": known.bucket, "prefix": prefix, "key": ""}
    first = Journal(file, about)
    with pytest.raises(KeyboardInterrupt):
        list(audit(target, known, first, prefix=prefix, stop_after=3).findings())
    first.close()
    done = first.tally.versions
    with file.open("a", encoding="utf-8") as writing:
        writing.write('{"wrong": {"check": "live-object-encryption", "key": "never fin')  # killed while it wrote

    second = Journal(file, about)
    resumed = audit(target, known, second, prefix=prefix)
    found = [finding for finding, _ in resumed.findings() if finding.check_id == "live-object-encryption"]
    second.finish()
    second.close()

    subjects = [finding.answer.subject.split("/", 3)[3] for finding in found]
    assert 0 < done < second.tally.versions
    assert sorted(subjects) == sorted(in_prefix)
    assert second.tally.wrong["live-object-encryption"] == len(in_prefix)
    # Only what was left was asked for.
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="went to its end"):
        Journal(file, about)
    with pytest.raises(UsageError, match="is not of this audit"):
        Journal(file, {**about, "bucket": "another"})


@pytest.mark.skipif(not os.environ.get("TFPROOF_NIGHTLY"), reason="at night: of 5 000 objects it would show nothing")
def test_memory_does_not_grow_with_the_number_of_objects(backend: tuple[EmbeddedTarget, Filled]) -> None:
    target, known = backend
    list(audit(target, known, Journal(None, {}), prefix="env:/team-1").findings())
    before = process.getrusage(process.RUSAGE_SELF).ru_maxrss

    for _ in audit(target, known, Journal(None, {})).findings():
        pass

    grown = process.getrusage(process.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40 * 1024, f"{grown} KiB more for {known.versions} versions"


# -- where calls are refused, or fail ----------------------------------------------------------------------------------


def place_with(
    target: EmbeddedTarget, bucket: str, break_: Callable[[str, dict[str, Any]], tuple[int, bytes] | None]
) -> Place:
    """A place whose answers are replaced, after they came from the target, where `break_` says so."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            made = boto3.client(
                service,
                endpoint_url=target.endpoint,
                region_name="us-east-1",
                aws_access_key_id="tfproof",
                aws_secret_access_key="tfproof",  # noqa: S106  opens an emulator
                config=Config(s3={"addressing_style": "path"}, retries={"mode": "adaptive", "max_attempts": 4}),
            )

            def instead(request: Any, event_name: str, **_: Any) -> Any:
                broken = break_(event_name.rpartition(".")[2], {"url": request.url})
                if broken is None:
                    return None
                return AWSResponse(request.url, broken[0], {}, _Raw(broken[1]))

            made.meta.events.register("before-send", instead)
            clients[service] = made
        return clients[service]

    return Place(bucket, "", "env:/team-00", client)


class _Raw:
    """The body of an answer, as botocore reads it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._data

    def read(self, *_: Any) -> bytes:
        data, self._data = self._data, b""
        return data


DENIED = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
SLOW = b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"


def outcome(place: Place) -> dict[str, set[str]]:
    settings = LiveSettings(concurrency=4, lock_age=dt.timedelta(days=1))
    found: dict[str, set[str]] = {}
    for finding, _ in LiveAudit(place, settings, Journal(None, {})).findings():
        found.setdefault(finding.check_id, set()).add(finding.verdict.value)
    return found


def test_403_in_the_middle_of_the_list_leaves_the_objects_undecided(
    backend: tuple[EmbeddedTarget, Filled], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfproof.audit.live import objects  # noqa: PLC0415

    monkeypatch.setattr(objects, "_PAGE", 20)
    target, known = backend
    place = place_with(
        target,
        known.bucket,
        lambda name, at: (403, DENIED) if name == "ListObjectVersions" and "key-marker" in at["url"] else None,
    )

    found = outcome(place)

    assert "undecided" in found["live-object-encryption"]
    assert found["live-permissions"] == {"undecided"}
    assert place.refused == {"s3:ListBucketVersions"}


@pytest.mark.parametrize(
    ("operation", "action", "undecided"),
    [
        ("GetBucketPolicy", "s3:GetBucketPolicy", "policy-insecure-transport"),
        ("GetBucketVersioning", "s3:GetBucketVersioning", "bucket-versioning"),
        ("ListMultipartUploads", "s3:ListBucketMultipartUploads", "live-uploads"),
        ("HeadObject", "s3:GetObjectVersion", "live-object-encryption"),
    ],
)
def test_a_missing_permission_is_named_and_its_checks_are_undecided(
    backend: tuple[EmbeddedTarget, Filled], operation: str, action: str, undecided: str
) -> None:
    target, known = backend
    place = place_with(target, known.bucket, lambda name, _: (403, DENIED) if name == operation else None)

    found = outcome(place)

    assert found[undecided] == {"undecided"}
    assert found["live-permissions"] == {"undecided"}
    assert action in place.refused


def test_throttling_is_waited_out(backend: tuple[EmbeddedTarget, Filled]) -> None:
    target, known = backend
    slowed = 0

    def break_(name: str, _: dict[str, Any]) -> tuple[int, bytes] | None:
        nonlocal slowed
        if name == "HeadObject" and slowed < 3:
            slowed += 1
            return 503, SLOW
        return None

    place = place_with(target, known.bucket, break_)

    found = outcome(place)

    assert slowed == 3
    assert "undecided" not in found["live-object-encryption"]


def test_a_bucket_or_table_that_is_not_there_is_bad_usage(
    backend: tuple[EmbeddedTarget, Filled],
    run: Callable[..., tuple[int, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, known = backend

    assert run("--bucket", "no-such-bucket")[0] == 2
    assert run("--bucket", known.bucket, "--prefix", "nothing", "--table", "no-such-table")[0] == 2
    assert run("--bucket", known.bucket, "--concurrency", "0")[0] == 2
    assert "'no-such-table' does not exist" in capsys.readouterr().err


def test_the_policy_it_needs_is_printed_without_asking_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit-backend", "--bucket", "b", "--table", "t", "--permissions"]) == 0

    policy = json.loads(capsys.readouterr().out)
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {"s3:ListBucketVersions", "s3:GetObjectVersion", "kms:Decrypt", "dynamodb:Scan"} <= actions
    assert not [action for action in actions if ":Put" in action or ":Delete" in action or action.endswith("*")]
