"""The whole audit of a backend in use: its settings by the checks of a proof, then everything that is in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tfproof.audit.live.configuration import settings_findings
from tfproof.audit.live.journal import Journal, Wrong
from tfproof.audit.live.known import Known, look_around
from tfproof.audit.live.objects import Expected, walk
from tfproof.audit.live.place import Place
from tfproof.audit.live.table import NO_LOCK, table_findings
from tfproof.audit.live.tally import Tally
from tfproof.audit.live.uploads import upload_findings
from tfproof.audit.live_checks import BUCKET_KEY, CURRENT, LOCKS, MARKERS, NONCURRENT, PERMISSIONS
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict
from tfproof.errors import TargetError

__all__ = ["LiveAudit", "LiveSettings"]

_MANY_MARKERS: Final = 1000
_BUCKET_KEY: Final = "bucket key on"


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a backend in use is audited.

    Attributes:
        key: The key that everything must be encrypted with: ARN, id or alias; `""` takes the bucket's default.
        concurrency: Requests under way at once.
        lock_age: Age from which a lock counts as left behind.
        digests: Whether states are read and held against the table's digests.
    """

    key: str = ""
    concurrency: int = 16
    lock_age: dt.timedelta = dt.timedelta(hours=1)
    digests: bool = True


class LiveAudit:
    """The audit of a backend in use.

    Args:
        place: The backend.
        settings: How.
        journal: Keeps the progress over the objects.
        progress: Told after each page.
        known: What `look_around` found; it is asked when this is None.
    """

    def __init__(
        self,
        place: Place,
        settings: LiveSettings,
        journal: Journal,
        progress: Callable[[Tally], None] = lambda _tally: None,
        *,
        known: Known | None = None,
    ) -> None:
        self._place = place
        self._settings = settings
        self._journal = journal
        self._progress = progress
        self._known = known
        self._now = dt.datetime.now(tz=dt.UTC)
        self.complete = False
        self.notes: list[str] = []

    @property
    def tally(self) -> Tally:
        """What was counted."""
        return self._journal.tally

    @property
    def key(self) -> str:
        """ARN of the key that everything is held against; `""` when it is not known."""
        return self._known.key if self._known is not None else ""

    def findings(self) -> Iterator[tuple[Finding, str]]:
        """Everything that was found, each with a remedy or `""`, as it is found.

        Passed is only what was listed or compared; what could not be is undecided.

        Raises:
            UsageError: There is no such bucket, table or key.
            TargetError: Nothing answers.
        """
        if self._known is None:
            self._known = look_around(self._place, self._settings.key)
        known = self._known
        yield from settings_findings(self._place, known)
        yield from self._objects(known)
        yield from upload_findings(self._place, self._now)
        if self._place.table:
            yield from table_findings(
                self._place,
                lock_age=self._settings.lock_age,
                now=self._now,
                digests=self._settings.digests,
                concurrency=self._settings.concurrency,
            )
        yield from self._summary(known)

    def _objects(self, known: Known) -> Iterator[tuple[Finding, str]]:
        expected = Expected(known.key, bool(known.bucket_key), self._settings.lock_age, self._now)
        checks = {check.id: check for check in (CURRENT, NONCURRENT, BUCKET_KEY, LOCKS)}
        texts = {BUCKET_KEY.id: _BUCKET_KEY, LOCKS.id: NO_LOCK}
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
            for check in (CURRENT, NONCURRENT, LOCKS, MARKERS):
                yield self._of_bucket(check, Verdict.UNDECIDED, "a listing to its end", seen), error.remedy

    def _answer(self, wrong: Wrong, expected: str) -> Answer:
        subject = f"s3://{self._place.bucket}/{wrong.key}"
        verdict = Verdict.UNDECIDED if wrong.undecided else Verdict.FAILED
        path = f"version {wrong.version}" if wrong.version != "null" else ""
        return Answer(verdict, subject, path, expected, wrong.found)

    def _of_bucket(self, check: Check, verdict: Verdict, expected: str, found: str) -> Finding:
        return check.finding(Layer.LIVE, Answer(verdict, f"s3://{self._place.bucket}", "", expected, found))

    def _summary(self, known: Known) -> Iterator[tuple[Finding, str]]:
        for finding in (*self._of_encryption(known), *self._of_bucket_key(known)):
            yield finding, ""
        tally = self.tally
        if self.complete:
            if not tally.wrong[LOCKS.id] and not self._place.table:
                yield self._of_bucket(LOCKS, Verdict.PASSED, NO_LOCK, "none"), ""
            most = max(_MANY_MARKERS, tally.versions)
            verdict = Verdict.FAILED if tally.delete_markers > most else Verdict.PASSED
            found = f"{tally.delete_markers} delete markers, {tally.versions} versions"
            yield (
                self._of_bucket(MARKERS, verdict, f"{most} or fewer", found),
                "A lifecycle rule with expired_object_delete_marker removes them.",
            )
        if tally.deleted_states:
            self.notes.append(
                f"{tally.deleted} objects are deleted, and can be had back from their versions: "
                + ", ".join(tally.deleted_states[:5])
            )
        if tally.vanished:
            self.notes.append(f"{tally.vanished} versions went while they were looked at")
        missing = ", ".join(sorted(self._place.refused))
        found = f"refused: {missing}" if missing else "all allowed"
        verdict = Verdict.UNDECIDED if missing else Verdict.PASSED
        yield self._of_bucket(PERMISSIONS, verdict, "every call allowed", found), ""

    def _of_encryption(self, known: Known) -> Iterator[Finding]:
        for check, number in ((CURRENT, self.tally.current), (NONCURRENT, self.tally.noncurrent)):
            unjudged = self.tally.unjudged[check.id]
            if unjudged:
                found = f"{unjudged} under aws:kms, and the key is not known: {known.why}"
                yield self._of_bucket(check, Verdict.UNDECIDED, "the dedicated key", found)
            elif self.complete and not self.tally.wrong[check.id]:
                expected = f"aws:kms {known.key}".strip()
                yield self._of_bucket(check, Verdict.PASSED, expected, f"{number} looked at")

    def _of_bucket_key(self, known: Known) -> Iterator[Finding]:
        """Nothing when the bucket key is off: `bucket-key` says so once, and not every object."""
        without = self.tally.without_bucket_key
        if known.bucket_key is None:
            found = f"{without} versions without; whether the bucket has it on is not known"
            yield self._of_bucket(BUCKET_KEY, Verdict.UNDECIDED, _BUCKET_KEY, found)
        elif known.bucket_key and (self.tally.refused or not self.complete):
            found = f"{self.tally.refused} versions were not described" if self.complete else "not all were listed"
            yield self._of_bucket(BUCKET_KEY, Verdict.UNDECIDED, _BUCKET_KEY, found)
        elif known.bucket_key and not self.tally.wrong[BUCKET_KEY.id]:
            yield self._of_bucket(BUCKET_KEY, Verdict.PASSED, _BUCKET_KEY, f"{self.tally.current} looked at")
