"""Which target a run is made against, and how it is started."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tfproof.errors import UsageError
from tfproof.proof.run_folder import RunFolder
from tfproof.targets.emulator import Emulator
from tfproof.targets.fronted import FrontedEmulator
from tfproof.terraform.guard import Guard

if TYPE_CHECKING:
    from tfproof.targets.aws import AwsTarget

__all__ = ["TARGETS", "TargetChoice", "target_at"]

TARGETS: Final = ("embedded", "localstack", "localstack-host", "aws")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """What `--target`, `--endpoint-url` and `--aws-account-allow` say.

    Attributes:
        name: One of `TARGETS`: moto in a process of the run's own; a LocalStack that runs already; one that is
            installed and started for the run, without Docker; a real AWS account.
        endpoint_url: Where a LocalStack runs; None takes it from LOCALSTACK_HOST, and 127.0.0.1:4566 without that.
            For `aws`, an emulator that stands in for it.
        allowed_accounts: Ids of the AWS accounts that `aws` may touch.

    Raises:
        UsageError: There is no such target, or the two cannot be meant together; the endpoint is not on this machine.
    """

    name: str = "embedded"
    endpoint_url: str | None = None
    allowed_accounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in TARGETS:
            raise UsageError(f"target={self.name!r} is none of {', '.join(TARGETS)}")
        self._check_accounts()
        if self.endpoint_url is not None:
            if self.name not in ("localstack", "aws"):
                raise UsageError(
                    f"endpoint_url={self.endpoint_url!r}: target={self.name!r} is started for the run, at a free port",
                    remedy="Leave --endpoint-url out, or use --target localstack.",
                )
            Guard().check_endpoint(self.endpoint_url)

    def _check_accounts(self) -> None:
        if self.name != "aws":
            if self.allowed_accounts:
                raise UsageError(
                    f"aws_account_allow={','.join(self.allowed_accounts)!r}: target={self.name!r} is no AWS account",
                    remedy="Leave --aws-account-allow out, or use --target aws.",
                )
            return
        if not self.allowed_accounts:
            raise UsageError(
                "target='aws' makes things in a real account, and none is allowed",
                remedy="Name the account that is kept for tests: --aws-account-allow 123456789012.",
            )
        for account in self.allowed_accounts:
            if not _ACCOUNT.fullmatch(account):
                raise UsageError(
                    f"aws_account_allow={account!r} is no AWS account id",
                    remedy="Write its twelve digits, such as 123456789012.",
                )

    def start(
        self,
        run_folder: RunFolder,
        *,
        run_id: str,
        region: str = "us-east-1",
        say: Callable[[str], None] = lambda _: None,
    ) -> FrontedEmulator | AwsTarget:
        """Starts what has to be started, and notes it in the run's manifest.

        Args:
            run_folder: Where logs and the manifest are.
            run_id: The run's id, by which its things are known in an account that has others.
            region: Region of the run.
            say: Is told what takes long.

        Raises:
            EnvironmentProblem: Something needed for it is missing.
            TargetError: It does not start, does not answer, or is not one that can be used.
            UsageError: The AWS account is not an allowed one.
        """
        if self.name == "aws":
            return self.account(run_id=run_id, region=region)
        target = self._start(run_folder, region, say)
        run_folder.process_started(target.process_id, f"{self.name} target")
        return target

    def account(self, *, run_id: str, region: str) -> AwsTarget:
        """The AWS account, once it is known to be an allowed one; see `AwsTarget`."""
        from tfproof.targets.aws import AwsTarget  # noqa: PLC0415

        endpoint = self.endpoint_url or ""
        return AwsTarget(allowed=self.allowed_accounts, run_id=run_id, region=region, endpoint=endpoint)

    def _start(self, run_folder: RunFolder, region: str, say: Callable[[str], None]) -> FrontedEmulator:
        # Each is imported when it is meant: the plugin must not cost what it does not use.
        log = run_folder.path / "target.log"
        if self.name == "embedded":
            from tfproof.targets.embedded import EmbeddedTarget  # noqa: PLC0415

            return EmbeddedTarget(log, region=region)
        from tfproof.targets.localstack.target import LocalStackHostTarget, LocalStackTarget  # noqa: PLC0415

        if self.name == "localstack-host":
            return LocalStackHostTarget(log, started=run_folder.process_started, region=region, say=say)
        return LocalStackTarget(log, endpoint=self.localstack_endpoint(), region=region, say=say)

    def localstack_endpoint(self) -> str:
        """Where a LocalStack that runs already is looked for.

        Raises:
            GuardError: That is not on this machine.
        """
        endpoint = self.endpoint_url or _configured_endpoint()
        Guard().check_endpoint(endpoint)
        return endpoint


def target_at(address: Mapping[str, str]) -> Emulator | AwsTarget:
    """A target that another process of the run has started, by what `address()` of it says."""
    if address["kind"] == "aws":
        from tfproof.targets.aws import AwsTarget  # noqa: PLC0415

        return AwsTarget.at(address)
    return Emulator(**address)


def _configured_endpoint() -> str:
    """Where LocalStack's own client library looks: LOCALSTACK_HOST, with port 4566 unless it says another one."""
    said = os.environ.get("LOCALSTACK_HOST")
    if said is None:
        return "http://127.0.0.1:4566"
    from localstack_client.config import parse_localstack_host  # noqa: PLC0415

    try:
        host, port = parse_localstack_host(said)
    except RuntimeError as error:
        raise UsageError(f"LOCALSTACK_HOST={said!r}: {error}", remedy="Write it as 127.0.0.1:4566.") from error
    return f"http://{host}:{port}"
