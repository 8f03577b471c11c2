"""An audit of many documents: one after the other, on all cores, or on a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tfproof.audit.audited import Audited, audit_bytes
from tfproof.audit.catalogue import INPUT
from tfproof.audit.document import is_plan_file
from tfproof.audit.errors import DocumentError, OtherDocument
from tfproof.audit.inputs import Input, history_name
from tfproof.audit.plan_file import show_plan_file
from tfproof.audit.state_checks import StateVersion, history_findings
from tfproof.checks.finding import Answer, Layer, Verdict
from tfproof.errors import EnvironmentProblem, TfproofError, UsageError

__all__ = ["Auditing", "audit_all"]

_FEW: Final = 8
"""Documents below which other processes cost more than they save."""
_CHUNK: Final = 16
_AHEAD: Final = 4
"""Chunks read ahead for each worker: enough to keep it busy, and no more in memory."""


@dataclass(frozen=True, slots=True)
class Auditing:
    """How documents are audited.

    Attributes:
        buckets: Names or addresses of buckets that hold states.
        secrets: Whether states are searched for secrets.
        source: Folder of the configuration, for plan files; None is the one the plan file stands in, else the
            working folder.
        terraform: Binary for plan files.
        jobs: Processes; None is as many as there are cores.
        executor: `dask://HOST:PORT` of a scheduler that is there already.
    """

    buckets: tuple[str, ...] = ()
    secrets: bool = True
    source: Path | None = None
    terraform: str | None = None
    jobs: int | None = None
    executor: str | None = None
    show: Callable[[bytes, Path, str | None], bytes] = field(default=show_plan_file, repr=False)


def audit_all(inputs: Sequence[Input], how: Auditing) -> Iterator[Audited]:
    """Audits inputs, in their order.

    Raises:
        DocumentError: An input that the user named is nothing that can be audited.
        EnvironmentProblem: The executor cannot be used.
    """
    jobs = how.jobs or os.cpu_count() or 1
    if how.executor is not None:
        results = _on_dask(inputs, how)
    elif jobs > 1 and len(inputs) >= _FEW:
        results = _on_cores(inputs, how, min(jobs, len(inputs)))
    else:
        results = (audit_one(_loaded(item, how), how) for item in inputs)
    yield from _with_history(inputs, results)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An input with its bytes, or with what kept them from being read."""

    name: str
    data: bytes
    was_named: bool
    error: DocumentError | None = None


def _loaded(item: Input, how: Auditing) -> Loaded:
    try:
        data = item.read()
        if is_plan_file(data):
            folder = how.source or (item.file.parent if item.file is not None else Path())
            data = _shown(item.name, data, folder, how)
    except DocumentError as error:
        return Loaded(item.name, b"", item.was_named, error)
    except TfproofError as error:
        if item.was_named:
            raise
        return Loaded(
            item.name, b"", item.was_named, DocumentError(f"{item.name}: {error.message}", remedy=error.remedy)
        )
    return Loaded(item.name, data, item.was_named)


def _shown(name: str, data: bytes, folder: Path, how: Auditing) -> bytes:
    try:
        return how.show(data, folder, how.terraform)
    except DocumentError as error:
        # Terraform is given a copy, and knows no name of ours.
        raise DocumentError(f"{name}: {error.message}", remedy=error.remedy) from None


def audit_one(loaded: Loaded, how: Auditing) -> Audited:
    """Audits one input.

    Raises:
        DocumentError: It is nothing that can be audited, and the user named it; one found in a folder has a finding.
    """
    try:
        if loaded.error is not None:
            raise loaded.error
        return audit_bytes(loaded.data, loaded.name, buckets=how.buckets, secrets=how.secrets)
    except DocumentError as error:
        if loaded.was_named:
            raise
        if loaded.name.endswith(".json") and isinstance(error, OtherDocument):
            return Audited(loaded.name, "other", notes=[])
        answer = Answer(
            Verdict.FAILED, loaded.name, "", "a plan or a state", error.message.removeprefix(f"{loaded.name}: ")
        )
        return Audited(loaded.name, "unreadable", findings=[INPUT.finding(Layer.RUN, answer)])


def audit_chunk(chunk: list[Loaded], how: Auditing) -> list[Audited | DocumentError]:
    """Audits some inputs in another process; errors come back as values, in their place."""
    found: list[Audited | DocumentError] = []
    for loaded in chunk:
        try:
            found.append(audit_one(loaded, how))
        except DocumentError as error:
            found.append(error)
    return found


def _chunks(inputs: Iterable[Input], how: Auditing) -> Iterator[list[Loaded]]:
    loaded = (_loaded(item, how) for item in inputs)
    while chunk := list(islice(loaded, _CHUNK)):
        yield chunk


def _opened(results: Iterable[Audited | DocumentError]) -> Iterator[Audited]:
    for result in results:
        if isinstance(result, DocumentError):
            raise result
        yield result


def _on_cores(inputs: Sequence[Input], how: Auditing, jobs: int) -> Iterator[Audited]:
    import multiprocessing  # noqa: PLC0415
    from collections import deque  # noqa: PLC0415
    from concurrent.futures import Future, ProcessPoolExecutor  # noqa: PLC0415

    plain = replace(how, show=_never)
    # spawn: the caller may have threads, whose locks a fork would copy in whatever state they are.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[list[Audited | DocumentError]]] = deque()
        try:
            for chunk in _chunks(inputs, how):
                waiting.append(pool.submit(audit_chunk, chunk, plain))
                if len(waiting) >= jobs * _AHEAD:
                    yield from _opened(waiting.popleft().result())
            while waiting:
                yield from _opened(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()


def _on_dask(inputs: Sequence[Input], how: Auditing) -> Iterator[Audited]:
    client = _dask_client(how.executor or "")
    plain = replace(how, show=_never, executor=None)
    try:
        ahead = max(len(client.scheduler_info()["workers"]), 1) * _AHEAD
        waiting: list[Any] = []
        for chunk in _chunks(inputs, how):
            # Bytes and not paths: workers on other machines have other files. A worker that dies has its chunks given
            # to another one by the scheduler.
            waiting.append(client.submit(audit_chunk, chunk, plain, pure=False))
            if len(waiting) >= ahead:
                yield from _opened(waiting.pop(0).result())
        while waiting:
            yield from _opened(waiting.pop(0).result())
    finally:
        client.close()


def _dask_client(executor: str) -> Any:
    scheme, _, address = executor.partition("://")
    if scheme != "dask" or ":" not in address:
        raise UsageError(
            f"executor={executor!r} is not dask://HOST:PORT", remedy="Name a Dask scheduler that runs already."
        )
    try:
        from distributed import Client  # noqa: PLC0415
    except ImportError:
        raise EnvironmentProblem(
            "the package distributed is not installed", remedy="pip install 'tfproof[dask]', here and on the workers."
        ) from None
    try:
        return Client(f"tcp://{address}", timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError) as error:
        raise EnvironmentProblem(
            f"executor={executor!r} does not answer: {type(error).__name__}",
            remedy="Is the scheduler running, and reachable from here?",
        ) from None


def _never(_data: bytes, _folder: Path, _terraform: str | None) -> bytes:
    raise UsageError("plan files are shown before they are sent to other processes")


def _with_history(inputs: Sequence[Input], results: Iterable[Audited]) -> Iterator[Audited]:
    """The results, and with a state what it and its backups beside it show together."""
    family: dict[str, list[int]] = {}
    for number, item in enumerate(inputs):
        if item.file is not None:
            family.setdefault(history_name(item.file), []).append(number)
    shared = {number: name for name, numbers in family.items() if len(numbers) > 1 for number in numbers}
    kept: dict[str, list[StateVersion]] = {}
    for number, result in enumerate(results):
        name = shared.get(number)
        if name is not None:
            if result.version is not None:
                kept.setdefault(name, []).append(result.version)
            # With the last one, also when that one has no version: the others have theirs all the same.
            if number == family[name][-1]:
                versions = kept.pop(name, [])
                # The backups in the order of their serials, and the state itself after them all.
                versions.sort(key=lambda version: (version.name == name, version.serial))
                result.findings += history_findings(versions)
        yield result
