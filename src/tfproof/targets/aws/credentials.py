"""The caller's own AWS credentials: the one place where tfproof looks at them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tfproof.errors import EnvironmentProblem

__all__ = ["Credentials", "callers_credentials"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of whoever runs tfproof, as they are at one moment.

    Attributes:
        access_key: Access key id.
        secret_key: Its secret; never shown.
        session_token: Of temporary credentials, `""` without; never shown.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    def environment(self) -> dict[str, str]:
        """The variables by which Terraform's AWS provider takes them."""
        found = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return found | ({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {})


def callers_credentials() -> Credentials:
    """What the AWS CLI would use: AWS_PROFILE, the environment, the shared files, SSO, a role of the machine.

    Raises:
        EnvironmentProblem: There are none, or they cannot be had.
    """
    import botocore.session  # noqa: PLC0415  # slow to import
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        found = botocore.session.Session().get_credentials()
        frozen = found.get_frozen_credentials() if found is not None else None
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblem(
            f"target='aws': the AWS credentials cannot be had: {error}",
            remedy="Try `aws sts get-caller-identity`, which takes them from the same places.",
        ) from error
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        raise EnvironmentProblem(
            "target='aws': there are no AWS credentials",
            remedy="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of an account kept for tests.",
        )
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")
