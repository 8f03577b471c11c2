"""Asks a bucket policy what it does with a request, by evaluating it as IAM does.

A statement that is there proves little: one inverted operator and it denies the opposite. So the checks do not look for
statements, they put requests to the policy and compare the decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tfproof.checks.backend import Backend
from tfproof.checks.expectation import Expectation, answer, missing
from tfproof.checks.finding import Answer, Verdict
from tfproof.checks.live import LiveBackend
from tfproof.checks.same_key import expected_key
from tfproof.errors import TfproofError
from tfproof.iam.decision import Decision, Effect
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.policy import EVERYTHING
from tfproof.iam.request import Request
from tfproof.values import UNKNOWN, reveal

__all__ = ["OTHER_KEY", "OUR_KEY", "Probe", "Search", "configured_policy", "live_policy"]

Search: TypeAlias = "Callable[[PolicySet, str], Iterator[tuple[Verdict, str, str, str]]]"
"""Looks at the whole policy of a bucket, given its ARN: verdict, Sid of the statement, expected, found."""

OUR_KEY: Final = "<the dedicated key>"
OTHER_KEY: Final = "<another key>"
ALGORITHM: Final = "s3:x-amz-server-side-encryption"
KEY_ID: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_ALGORITHM: Final = "s3:x-amz-server-side-encryption-customer-algorithm"

_ACCOUNT: Final = "123456789012"
_STRANGER: Final = "999999999999"
_SOUND: Final = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
_OF_PEOPLE: Final = {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}
"""Keys of every signed request: a Deny that spares AWS's services applies to strangers."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request, and what a sound bucket policy does with it when the caller's own policies allow everything.

    Attributes:
        what: The request, for people.
        denied: Whether it must be denied, to whoever asks.
        action: The action asked for.
        on_object: Whether it is asked on an object rather than on the bucket.
        stranger: Whether a user of another account asks, to whom only the bucket policy could give anything.
        unless: Sid of a statement that may deny it all the same, because the user asked for that statement.
        context: Condition keys, over those of a write by TLS 1.3.
    """

    what: str
    denied: bool
    action: str = "s3:PutObject"
    on_object: bool = True
    stranger: bool = False
    unless: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


def configured_policy(probes: Sequence[Probe], search: Search | None = None) -> Callable[[Backend], Iterator[Answer]]:
    """Answers on the bucket policy in a plan or a state: of probes, and of a search through its statements."""

    def configured(backend: Backend) -> Iterator[Answer]:
        policies = backend.bucket_parts("aws_s3_bucket_policy")
        if not policies:
            address = backend.bucket.address if backend.bucket is not None else ""
            yield missing("aws_s3_bucket_policy for the state bucket", subject=address, address=address)
        for resource in policies:
            text = resource.at("policy", default=None)
            key = expected_key(backend)
            where = {"subject": resource.address, "address": resource.address}
            yield from _answers(probes, text, _bucket_arn(backend), key, **where)
            yield from _searched(search, text, _bucket_arn(backend), **where)

    return configured


def live_policy(probes: Sequence[Probe], search: Search | None = None) -> Callable[[LiveBackend], Iterator[Answer]]:
    """Answers on the bucket policy that the target has: of probes, and of a search through its statements."""

    def live(backend: LiveBackend) -> Iterator[Answer]:
        address = backend.state.address_of("aws_s3_bucket_policy")
        text, arn = backend.bucket_policy, _bucket_arn(backend.state)
        where = {"subject": "GetBucketPolicy", "address": address}
        yield from _answers(probes, text, arn, backend.key_arn, **where)
        yield from _searched(search, text, arn, **where)

    return live


def _bucket_arn(backend: Backend) -> Any:
    return backend.bucket.at("arn", default=None) if backend.bucket is not None else None


def _answers(
    probes: Sequence[Probe], text: Any, bucket_arn: Any, key: Any, *, subject: str, address: str
) -> Iterator[Answer]:
    text = reveal(text)
    known = not any(value is UNKNOWN for value in (text, bucket_arn, key))
    policies = _compiled(text) if known else None
    for probe in probes:
        expected = _expectation(probe)
        if not known:
            yield answer(expected, UNKNOWN, subject=subject, path="policy", address=address)
            continue
        found, sid = _decide(policies, probe, str(reveal(bucket_arn)), str(reveal(key)))
        path = f"policy#{sid}" if sid else "policy"
        yield answer(expected, found, subject=subject, path=path, address=address)


def _searched(search: Search | None, text: Any, bucket_arn: Any, *, subject: str, address: str) -> Iterator[Answer]:
    """A policy that is unknown, missing or broken has its answer from the probes."""
    text, bucket_arn = reveal(text), reveal(bucket_arn)
    if search is None or text is UNKNOWN or bucket_arn is UNKNOWN:
        return
    policies = _compiled(text)
    if isinstance(policies, PolicySet):
        for verdict, sid, expected, found in search(policies, str(bucket_arn)):
            yield Answer(verdict, subject, f"policy#{sid}" if sid else "policy", expected, found, address)


def _expectation(probe: Probe) -> Expectation:
    def as_expected(found: Any) -> bool:
        return found.startswith("denied") is probe.denied or (bool(probe.unless) and probe.unless in found)

    return Expectation(f"{probe.what}: {'denied' if probe.denied else 'not denied'}", as_expected)


def _compiled(text: Any) -> PolicySet | str | None:
    """The policy ready for questions, None when there is none, or what is wrong with it."""
    if not text:
        return None
    try:
        return PolicySet([EVERYTHING], resource=str(text))
    except TfproofError as error:
        return error.message


def _decide(policies: PolicySet | str | None, probe: Probe, bucket_arn: str, key: str) -> tuple[str, str]:
    """What the policy does, for people, and the Sid of the statement that denied."""
    if policies is None:
        return f"{'' if probe.stranger else 'not '}denied: there is no bucket policy", ""
    if isinstance(policies, str):
        return f"a policy that cannot be evaluated: {policies}", ""
    partition = bucket_arn.split(":")[1]
    other = key[:-1] + ("0" if not key.endswith("0") else "1")
    context = {
        **_SOUND,
        **(_OF_PEOPLE if probe.stranger else {}),
        **{name: value.replace(OUR_KEY, key).replace(OTHER_KEY, other) for name, value in probe.context.items()},
    }
    resource = f"{bucket_arn}/env/terraform.tfstate" if probe.on_object else bucket_arn

    def asked_by(account: str) -> Decision:
        user = f"arn:{partition}:iam::{account}:user/terraform"
        return policies.decide(
            Request(probe.action, resource, principal=user, context=context, resource_account=_ACCOUNT)
        )

    if probe.stranger:
        return ("allowed to anybody", "") if asked_by(_STRANGER) else ("denied", "")
    own = asked_by(_ACCOUNT)
    if own.allowed:
        return "not denied", ""
    if probe.denied and asked_by(_STRANGER) != Effect.EXPLICIT_DENY:
        return "not denied to callers of other accounts", ""
    sids = [statement.sid for statement in own.statements]
    return f"denied by {', '.join(sids) or 'default'}", sids[0] if sids else ""
