"""The whole audit of a backend in use: its settings by the checks of a proof, then everything that is in it."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tfproof.audit.live.journal import Journal, Wrong
from tfproof.audit.live.objects import Expected, walk
from tfproof.audit.live.place import Place, Refused, error_code
from tfproof.audit.live.table import table_findings
from tfproof.audit.live.tally import Tally
from tfproof.audit.live_checks import BUCKET_KEY, CURRENT, LOCKS, MARKERS, NONCURRENT, PERMISSIONS, UPLOADS
from tfproof.checks.backend import Backend
from tfproof.checks.catalogue import CHECKS
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.checks.live import LiveBackend
from tfproof.errors import TargetError, UsageError
from tfproof.terraform.resource import Resource
from tfproof.terraform.state import State

__all__ = ["LiveAudit", "LiveSettings"]

_NOT_HERE: Final = frozenset({"written-object", "objects-encrypted"})
"""The first looks at an object that a proof writes, and an audit writes none; what the second samples is all walked."""
_MANY_MARKERS: Final = 1000
_UPLOAD_AGE: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a backend in use is audited.

    Attributes:
        key: ARN of the key that everything must be encrypted with; `""` takes the bucket's default.
        concurrency: Requests under way at once.
        lock_age: Age from which a lock counts as left behind.
        digests: Whether states are read and held against the table's digests.
    """

    key: str = ""
    concurrency: int = 16
    lock_age: dt.timedelta = dt.timedelta(hours=1)
    digests: bool = True


class _View(Backend):
    """A backend that is known by nothing but the names of its parts."""

    def __init__(self, bucket: str, table: str, key: str) -> None:
        super().__init__(State({}), outputs={})
        self.bucket = _resource("aws_s3_bucket", bucket, {"bucket": bucket, "arn": f"arn:aws:s3:::{bucket}"})
        self.table = _resource("aws_dynamodb_table", table, {"name": table}) if table else None
        self.key = _resource("aws_kms_key", key, {"arn": key}) if key else None

    @property
    def locks_in_table(self) -> bool:
        return self.table is not None


def _resource(kind: str, name: str, values: dict[str, Any]) -> Resource:
    return Resource(name, "", "managed", kind, name, values)


class LiveAudit:
    """The audit of a backend in use.

    Args:
        place: The backend.
        settings: How.
        journal: Keeps the progress over the objects.
        progress: Told after each page.
    """

    def __init__(
        self,
        place: Place,
        settings: LiveSettings,
        journal: Journal,
        progress: Callable[[Tally], None] = lambda _tally: None,
    ) -> None:
        self._place = place
        self._settings = settings
        self._journal = journal
        self._progress = progress
        self._now = dt.datetime.now(tz=dt.UTC)
        self.key = settings.key
        self.complete = False
        self.notes: list[str] = []

    @property
    def tally(self) -> Tally:
        """What was counted."""
        return self._journal.tally

    def findings(self) -> Iterator[tuple[Finding, str]]:
        """Everything that was found, each with a remedy or `""`, as it is found.

        Raises:
            UsageError: There is no such bucket.
            TargetError: Nothing answers.
        """
        self._look_for_bucket()
        bucket_key = self._default()
        yield from self._settings_of_backend()
        yield from self._objects(bucket_key)
        yield from self._uploads()
        if self._place.table:
            yield from self._table()
        yield from self._summary()

    def _look_for_bucket(self) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            self._place.ask("s3", "head_bucket", Bucket=self._place.bucket)
        except Refused:
            return  # it is there; what else may be asked will show
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchBucket"):
                raise UsageError(
                    f"bucket={self._place.bucket!r} does not exist", remedy="Is the account the right one?"
                ) from None
            raise TargetError(f"bucket={self._place.bucket!r}: S3 answers {error_code(error)}") from None

    def _default(self) -> bool:
        """Finds the key that the bucket's default names, and whether the bucket key is on."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            answer = self._place.ask("s3", "get_bucket_encryption", Bucket=self._place.bucket)
        except (Refused, ClientError):
            return False
        rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        rule = rules[0] if rules else {}
        named = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")
        if not self.key and named:
            self.key = self._arn_of(named)
        return bool(rule.get("BucketKeyEnabled"))

    def _arn_of(self, named: str) -> str:
        """The ARN of a key that is named by its id or an alias; the name itself when KMS does not say."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        if ":key/" in named:
            return named
        try:
            found = self._place.ask("kms", "describe_key", KeyId=named)
        except (Refused, ClientError):
            return named
        return str(found.get("KeyMetadata", {}).get("Arn", named))

    def _settings_of_backend(self) -> Iterator[tuple[Finding, str]]:
        view = _View(self._place.bucket, self._place.table, self.key)
        live = LiveBackend(self._place.of, view)
        for check in CHECKS:
            if check.id in _NOT_HERE or check.section == "outputs" or (check.section == "key" and not self.key):
                continue
            try:
                for finding in check.on_live(live):
                    yield finding, ""
            except TargetError as error:
                self._note_refusal(error.message)
                answer = Answer(Verdict.UNDECIDED, self._place.bucket, "", check.title, error.message[:300])
                yield check.finding(Layer.LIVE, answer), ""

    def _note_refusal(self, message: str) -> None:
        """Remembers which action was missing, from `LiveBackend`'s error: `s3 get_bucket_policy of ... was refused`."""
        words = message.split()
        if len(words) > 1 and "was refused" in message:
            client = self._place.of(words[0])
            self._place.refuse(client.meta.method_to_api_mapping.get(words[1], words[1]))

    def _objects(self, bucket_key: bool) -> Iterator[tuple[Finding, str]]:  # noqa: FBT001
        expected = Expected(self.key, bucket_key, self._settings.lock_age, self._now)
        checks = {check.id: check for check in (CURRENT, NONCURRENT, BUCKET_KEY, LOCKS)}
        texts = {BUCKET_KEY.id: "bucket key on", LOCKS.id: "no lock left behind"}
        try:
            for wrong in walk(
                self._place,
                expected,
                self._journal,
                concurrency=self._settings.concurrency,
                progress=self._progress,
            ):
                answer = self._answer(wrong, texts.get(wrong.check, expected.text))
                yield checks[wrong.check].finding(Layer.LIVE, answer), wrong.remedy
            self.complete = True
        except TargetError as error:
            seen = f"{error.message}; {self.tally.versions} versions were seen before"
            answer = Answer(Verdict.UNDECIDED, f"s3://{self._place.bucket}", "", "a listing to its end", seen)
            yield CURRENT.finding(Layer.LIVE, answer), ""
            yield NONCURRENT.finding(Layer.LIVE, answer), ""

    def _answer(self, wrong: Wrong, expected: str) -> Answer:
        subject = f"s3://{self._place.bucket}/{wrong.key}"
        verdict = Verdict.UNDECIDED if wrong.undecided else Verdict.FAILED
        path = f"version {wrong.version}" if wrong.version != "null" else ""
        return Answer(verdict, subject, path, expected, wrong.found)

    def _uploads(self) -> Iterator[tuple[Finding, str]]:
        bucket, place = self._place.bucket, self._place
        following: dict[str, Any] = {}
        left = 0
        try:
            while True:
                page = place.ask("s3", "list_multipart_uploads", Bucket=bucket, Prefix=place.prefix, **following)
                for upload in page.get("Uploads", []):
                    if self._now - upload["Initiated"] < _UPLOAD_AGE:
                        continue
                    left += 1
                    found = f"begun {upload['Initiated']:%Y-%m-%d %H:%M}"
                    answer = Answer(
                        Verdict.FAILED, f"s3://{bucket}/{upload['Key']}", "", "no upload older than a day", found
                    )
                    command = f"aws s3api abort-multipart-upload --bucket {bucket} --key {shlex.quote(upload['Key'])}"
                    remedy = f"{command} --upload-id {upload['UploadId']}"
                    yield UPLOADS.finding(Layer.LIVE, answer), remedy
                if not page.get("IsTruncated"):
                    break
                following = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
        except TargetError as error:
            answer = Answer(Verdict.UNDECIDED, f"s3://{bucket}", "", "no upload older than a day", error.message)
            yield UPLOADS.finding(Layer.LIVE, answer), ""
            return
        if not left:
            answer = Answer(Verdict.PASSED, f"s3://{bucket}", "", "no upload older than a day", "none")
            yield UPLOADS.finding(Layer.LIVE, answer), ""

    def _table(self) -> Iterator[tuple[Finding, str]]:
        from botocore.exceptions import ClientError  # noqa: PLC0415

        table = self._place.table
        try:
            yield from table_findings(
                self._place,
                lock_age=self._settings.lock_age,
                now=self._now,
                digests=self._settings.digests,
                concurrency=self._settings.concurrency,
            )
        except TargetError as error:
            answer = Answer(Verdict.UNDECIDED, f"table {table}", "", "no lock left behind", error.message)
            yield LOCKS.finding(Layer.LIVE, answer), ""
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                raise UsageError(f"table={table!r} does not exist", remedy="Are account and region right?") from None
            raise TargetError(f"table={table!r}: DynamoDB answers {error_code(error)}") from None

    def _summary(self) -> Iterator[tuple[Finding, str]]:
        tally, bucket = self.tally, f"s3://{self._place.bucket}"
        if self.complete:
            for check, number in ((CURRENT, tally.current), (NONCURRENT, tally.noncurrent)):
                if not tally.wrong[check.id]:
                    answer = Answer(Verdict.PASSED, bucket, "", f"aws:kms {self.key}".strip(), f"{number} looked at")
                    yield check.finding(Layer.LIVE, answer), ""
            if not tally.wrong[LOCKS.id] and not self._place.table:
                yield LOCKS.finding(Layer.LIVE, Answer(Verdict.PASSED, bucket, "", "no lock left behind", "none")), ""
        most = max(_MANY_MARKERS, tally.versions)
        piled = tally.delete_markers > most
        found = f"{tally.delete_markers} delete markers, {tally.versions} versions"
        answer = Answer(Verdict.FAILED if piled else Verdict.PASSED, bucket, "", f"{most} or fewer", found)
        yield MARKERS.finding(Layer.LIVE, answer), "A lifecycle rule with expired_object_delete_marker removes them."
        if tally.deleted_states:
            self.notes.append(
                f"{tally.deleted} objects are deleted, and can be had back from their versions: "
                + ", ".join(tally.deleted_states[:5])
            )
        if tally.vanished:
            self.notes.append(f"{tally.vanished} versions went while they were looked at")
        missing = ", ".join(sorted(self._place.refused))
        verdict = Verdict.UNDECIDED if missing else Verdict.PASSED
        answer = Answer(verdict, bucket, "", "every call allowed", f"refused: {missing}" if missing else "all allowed")
        yield PERMISSIONS.finding(Layer.LIVE, answer), ""
