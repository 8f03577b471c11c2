"""A real AWS account, used only when it was named, and only with what it knows as the run's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

from tfproof.errors import TargetError, UsageError
from tfproof.targets.aws.credentials import Credentials, callers_credentials
from tfproof.targets.aws.tagged import Tagged, delete_tagged, find_tagged
from tfproof.targets.aws.tags import EXPIRES_TAG, RUN_TAG, default_tags_environment, run_tags
from tfproof.targets.clients import Clients, make_client

__all__ = ["AwsTarget"]

_NOT_ALLOWED: Final = "Use credentials of an account kept for tests, and name it: --aws-account-allow {account}."


class AwsTarget:
    """The caller's own account, with everything that is made there tagged by run and expiry.

    The first call, and the only one in an account that is not allowed, is sts:GetCallerIdentity.

    Args:
        allowed: Account ids, one of which the caller's must be.
        run_id: What the run's resources carry as tag, and its names as part.
        region: Region of the run.
        endpoint: URL of something that stands in for AWS, to try out what would happen; `""` is AWS itself.
        credentials: Whose; None takes the caller's, from where the AWS CLI has them.
        expires: Value of the expiry tag; `""` is six hours from now.

    Raises:
        UsageError: The account is not allowed.
        EnvironmentProblem: There are no credentials.
        TargetError: AWS does not say whose they are.
    """

    kind: Final = "aws"
    token: Final = ""
    """No gateway stands before AWS: it would have to sign everything anew."""
    upstream: Final = ""
    process_id: Final = 0

    def __init__(
        self,
        *,
        allowed: Sequence[str],
        run_id: str,
        region: str = "us-east-1",
        endpoint: str = "",
        credentials: Credentials | None = None,
        expires: str = "",
    ) -> None:
        self.region = region
        self.endpoint = endpoint
        self.run_id = run_id
        self.tags = run_tags(run_id, datetime.now(UTC))
        if expires:
            self.tags[EXPIRES_TAG] = expires
        self._allowed = tuple(allowed)
        self._credentials = credentials or callers_credentials()
        self._clients = Clients(self._make_client)
        self.account_id = self._checked_account()

    @property
    def description(self) -> str:
        """What it is and where."""
        stand_in = f", stood for by {self.endpoint}" if self.endpoint else ""
        return f"AWS account {self.account_id} in {self.region}{stand_in}"

    def address(self) -> dict[str, str]:
        """What another process needs, but for credentials, which it takes from where this one did."""
        return {
            "kind": self.kind,
            "region": self.region,
            "account_id": self.account_id,
            "endpoint": self.endpoint,
            "description": self.description,
            "run_id": self.run_id,
            "expires": self.tags[EXPIRES_TAG],
        }

    @classmethod
    def at(cls, address: Mapping[str, str]) -> AwsTarget:
        """The same account, seen from another process; see `address`."""
        return cls(
            allowed=[address["account_id"]],
            run_id=address["run_id"],
            region=address["region"],
            endpoint=address["endpoint"],
            expires=address["expires"],
        )

    def environment(self) -> dict[str, str]:
        """The caller's credentials as they are now, the region, and the tags that the provider puts on all it makes."""
        found = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region, **self._credentials.environment()}
        if self.endpoint:
            found["AWS_ENDPOINT_URL"] = self.endpoint
        return found | default_tags_environment(self.tags)

    def client(self, service: str) -> Any:
        """A boto3 client of a service; one for each service, since making one costs a tenth of a second."""
        return self._clients.get(service)

    def _make_client(self, service: str) -> Any:
        return make_client(
            service,
            endpoint=self.endpoint,
            region=self.region,
            access_key=self._credentials.access_key,
            secret_key=self._credentials.secret_key,
            session_token=self._credentials.session_token,
        )

    def check_alive(self) -> None:
        """AWS is there; what does not answer there is Terraform's to say."""

    @property
    def owner_tag(self) -> tuple[str, str] | None:
        """Name and value of the tag by which this run knows its own."""
        return RUN_TAG, self.run_id

    def owns(self, tags: object) -> bool:
        """Whether tags, as a state has them, are of something that this run has made."""
        return isinstance(tags, dict) and tags.get(RUN_TAG) == self.run_id

    def leftovers(self) -> list[str]:
        """What still exists of this run, by its tag.

        Raises:
            TargetError: AWS refuses a look.
        """
        return sorted(map(str, self._own()))

    def clear(self) -> Iterator[str]:
        """Deletes what still exists of this run, and names it.

        Raises:
            TargetError: AWS refuses a look, or a deletion.
        """
        with self.failures_told("cannot delete what is left"):
            yield from delete_tagged(self.client, self._own())

    def _own(self) -> list[Tagged]:
        with self.failures_told("cannot look for what is left"):
            return [resource for resource in find_tagged(self.client).found if self.owns(dict(resource.tags))]

    @contextmanager
    def failures_told(self, what: str, remedy: str | None = None) -> Iterator[None]:
        """Tells what AWS refuses, or does not answer, as an error of ours.

        Raises:
            TargetError: A call inside failed.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise TargetError(
                f"target={self.description!r}: {what}: {error}",
                remedy=remedy
                or f"Look for the tag {RUN_TAG}={self.run_id} by hand; docs/aws.md lists the permissions needed.",
            ) from error

    def stop(self) -> None:
        """Closes the connections to it."""
        self._clients.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _checked_account(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            caller = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise TargetError(
                f"target='aws': AWS does not say whose credentials these are: {error}",
                remedy="Try `aws sts get-caller-identity`; expired credentials must be renewed first.",
            ) from error
        account = str(caller["Account"])
        if account not in self._allowed:
            raise UsageError(
                f"aws_account_allow={','.join(self._allowed)!r}: the credentials are of account {account} "
                f"({caller['Arn']}), which is not allowed; nothing was done there",
                remedy=_NOT_ALLOWED.format(account=account),
            )
        return account
