"""Takes what a run has made out of a target that outlives it: at the run's end, or later, when the run was killed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tfproof.errors import TargetError, TfproofError
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.aws import AwsTarget
from tfproof.targets.clients import make_client
from tfproof.targets.emulator import Emulator
from tfproof.targets.sweep import sweep
from tfproof.terraform.guard import Guard

__all__ = ["clear_account", "give_back", "given_back"]

_CALLS: Final = "calls.jsonl"


def give_back(target: Emulator | AwsTarget, run_folder: RunFolder) -> str:
    """Deletes what is left of the run; nothing where the target goes with the run.

    When it cannot be done, the run folder stays, with the manifest by which `tfproof gc` does it later.

    Returns:
        Why it could not be done, for people; `""` when it is done.
    """
    try:
        if isinstance(target, AwsTarget):
            list(target.clear())
        elif target.upstream:
            list(clear_account(target.address(), run_folder.path))
    except TfproofError as error:
        run_folder.leave()
        return f"{error.message}\nWhat this run made there is still there: `tfproof gc` deletes it when it is back."
    return ""


@contextmanager
def given_back(target: Emulator | AwsTarget, run_folder: RunFolder) -> Iterator[None]:
    """Gives back when the block is left, however it is.

    Raises:
        TargetError: The block went well and that did not; an error of the block's own says so in its remedy.
    """
    try:
        yield
    except BaseException as error:
        left = give_back(target, run_folder)
        if left and isinstance(error, TfproofError):
            error.remedy = "\n".join(filter(None, (error.remedy, left)))
        raise
    left = give_back(target, run_folder)
    if left:
        raise TargetError(left)


def clear_account(target: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Deletes everything in the account of a run, in every region it was in, past the run's gateway.

    Args:
        target: The target as the manifest has it.
        folder: The run folder, with the log of its calls.

    Returns:
        Names of what was deleted.

    Raises:
        TargetError: The target does not answer, or is another one by now.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from tfproof.targets.localstack.health import await_health  # noqa: PLC0415

    upstream, account = target["upstream"], target["account_id"]
    Guard().check_endpoint(upstream)
    # Something else may listen on the port by now: nothing is deleted in what is no LocalStack.
    await_health(upstream, seconds=0.0)
    try:
        for region in sorted(_regions(folder) | {target["region"]}):
            clients: dict[str, Any] = {}

            def client(service: str, region: str = region, clients: dict[str, Any] = clients) -> Any:
                if service not in clients:
                    clients[service] = make_client(
                        service, endpoint=upstream, region=region, access_key=account, secret_key=account
                    )
                return clients[service]

            yield from sweep(client)
    except (BotoCoreError, ClientError) as error:
        raise TargetError(f"target={target['description']!r}: what a run made could not be deleted: {error}") from error


def _regions(folder: Path) -> set[str]:
    """The regions that calls were signed for, by the log of the run's gateway."""
    found = set()
    with contextlib.suppress(OSError), (folder / _CALLS).open(encoding="utf-8") as lines:
        for line in lines:
            with contextlib.suppress(ValueError, LookupError):  # the last line of a run that was killed
                found.add(str(json.loads(line)["region"]))
    return found - {""}
