"""The gateway of a run, as the run uses it: its calls, its callers, its settings."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tfproof.errors import TargetError, UsageError
from tfproof.gateway.call import Call
from tfproof.gateway.call_log import CallLog
from tfproof.gateway.own_paths import PREFIX, TOKEN_HEADER
from tfproof.iam.arn import caller_kind
from tfproof.targets.target import Target

__all__ = ["Credentials", "Gateway", "Https"]

_SECONDS: Final = 30.0
_CALLERS: Final = ("user", "role", "assumed-role")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller signs with; the access key names the principal.

    Attributes:
        access_key: Access key id, made for one use.
        secret_key: Never verified.
        arn: The principal it stands for.
    """

    access_key: str
    secret_key: str
    arn: str

    def environment(self) -> dict[str, str]:
        """As Terraform, its provider and boto3 read them."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}


@dataclass(frozen=True, slots=True)
class Https:
    """Where the gateway serves HTTPS.

    Attributes:
        endpoint: URL.
        ca_file: Certificate of the authority that clients must trust: `SSL_CERT_FILE` for a provider,
            `custom_ca_bundle` for the backend, `verify` for boto3. Not `AWS_CA_BUNDLE`: it ends every Configure but
            the first of a provider process (hashicorp/terraform-provider-aws#23182).
    """

    endpoint: str
    ca_file: str


class Gateway:
    """The gateway before a target.

    Args:
        target: The target; it must have been started behind a gateway.

    Raises:
        UsageError: No gateway stands before the target.
    """

    def __init__(self, target: Target) -> None:
        token = getattr(target, "token", "")
        if not token:
            raise UsageError(
                f"target={target.description!r} has no gateway before it", remedy="Use an emulator that tfproof starts."
            )
        self._target = target
        self._token = token
        # No proxy may stand between a run and its own gateway, whatever the environment says.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def endpoint(self) -> str:
        """URL that AWS calls go to."""
        return self._target.endpoint

    def https(self) -> Https:
        """Serves HTTPS as well, with a certificate made for the run."""
        said = json.loads(self._ask("POST", "tls"))
        return Https(f"https://127.0.0.1:{said['port']}", said["ca_file"])

    def credentials(
        self,
        arn: str,
        *,
        policies: Sequence[str | Mapping[str, Any]] | None = None,
        boundary: str | Mapping[str, Any] | None = None,
        session: Sequence[str | Mapping[str, Any]] | None = None,
        enforced: bool = True,
    ) -> Credentials:
        """Credentials that stand for a principal.

        Args:
            arn: Of a user, a role or a role's session; it need not exist at the target when `policies` are given.
            policies: Its identity policies, as text or objects; None reads them from the target's IAM at each call.
            boundary: Its permissions boundary, beside `policies`.
            session: Session policies, which only narrow.
            enforced: Whether policies decide on its calls; otherwise they are only recorded under its name.

        Raises:
            UsageError: The ARN names no principal.
        """
        if caller_kind(arn) not in _CALLERS:
            raise UsageError(
                f"arn={arn!r} is no user, role or session", remedy="Write it as arn:aws:iam::<account>:role/<name>."
            )
        made = Credentials(f"TFPROOF{secrets.token_hex(8).upper()}", secrets.token_hex(16), arn)
        document = {
            "access_key": made.access_key,
            "arn": arn,
            "enforced": enforced,
            "policies": _texts(policies),
            "boundary": _text(boundary),
            "session": _texts(session),
        }
        self._ask("POST", "principals", document)
        return made

    def settings(self, **changes: bool) -> dict[str, bool]:
        """Changes settings of the gateway (`enforce`, `loopback_is_tls`, `allow_role_callers`) and answers all."""
        return dict(json.loads(self._ask("POST", "settings", changes)))

    def calls(self, since: int = 0, *, access_key: str = "") -> CallLog:
        """The calls so far, without the first `since` ones; those of one access key only, if one is given."""
        text = self._ask("GET", f"calls?since={since}&access_key={access_key}").decode("utf-8")
        return CallLog(Call.from_json(line) for line in text.splitlines())

    def count(self) -> int:
        """How many calls there are so far, implied ones too."""
        return int(json.loads(self._ask("GET", "count"))["calls"])

    @contextmanager
    def recording(self) -> Iterator[CallLog]:
        """A log of the calls that are made within the block; filled when the block ends."""
        before = self.count()
        log = CallLog()
        try:
            yield log
        finally:
            log.extend(self.calls(since=before))

    def _ask(self, method: str, what: str, document: Mapping[str, Any] | None = None) -> bytes:
        body = json.dumps(document or {}).encode() if method == "POST" else None
        request = urllib.request.Request(  # noqa: S310  # the run's own gateway on loopback
            f"{self._target.endpoint}{PREFIX}{what}", data=body, method=method, headers={TOKEN_HEADER: self._token}
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}").get("error", error.reason)
            raise UsageError(f"the gateway refused: {said}") from error
        except OSError as error:
            raise TargetError(f"target={self._target.description!r}: its gateway does not answer: {error}") from error


def _texts(policies: Sequence[str | Mapping[str, Any]] | None) -> list[str] | None:
    return None if policies is None else [text for policy in policies if (text := _text(policy)) is not None]


def _text(policy: str | Mapping[str, Any] | None) -> str | None:
    return policy if policy is None or isinstance(policy, str) else json.dumps(dict(policy))
