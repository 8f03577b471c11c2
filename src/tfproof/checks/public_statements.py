"""What the statements of a bucket policy allow everybody, tried with requests made from them.

AWS calls a policy public unless access is limited to fixed values of certain keys, values without wildcard or variable;
ranges of addresses broader than /8 (IPv4) or /32 (IPv6) count as everybody:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public".
So a stranger is somebody who can send any value but those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tfproof.checks.finding import Verdict
from tfproof.iam.arn import account_of
from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.conditions import Condition, read_operator
from tfproof.iam.evaluate import PolicySet
from tfproof.iam.principals import Grant
from tfproof.iam.request import Request, read_context
from tfproof.iam.scalars import Network, read_address, read_network
from tfproof.policy_questions.askers import STRANGER, asker, from_conditions
from tfproof.policy_questions.contexts import blocked_keys, untried
from tfproof.policy_questions.questions import Asker, Hit, Questions
from tfproof.policy_questions.samples import Sample

__all__ = ["public_statements"]

_ACCOUNT: Final = "123456789012"
_EXPECTED: Final = "what its statements allow everybody: denied"
_BROADEST: Final = {4: 32 - 8, 6: 128 - 32}
"""How many bits follow the prefix of the broadest range that AWS takes for a limit."""
_LIMITING: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Keys whose fixed values limit access, by AWS's definition."""
_GIVEN_BY_AWS: Final = ("aws:calledvia", "aws:principalorg", "aws:sourceorg", "aws:sourcevpcarn", "aws:vpce")
"""Keys that no caller chooses, which the definition does not speak of: what depends on them is undecided."""
_NOBODY_CHOOSES: Final = frozenset({"aws:viaawsservice", "aws:userid"})
_OF_THE_KEY: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
"""By the definition a fixed value of it limits access too; but whoever knows the key's ARN can send it."""


def public_statements(policies: PolicySet, bucket_arn: str) -> Iterator[tuple[Verdict, str, str, str]]:
    """Failed for what a statement lets everybody do, undecided for what could not be tried, passed when nothing is so.

    Args:
        policies: The bucket policy as `resource`, with callers whose own policies allow everything.
        bucket_arn: ARN of the bucket.
    """
    statements = policies.resource or ()
    askers = _strangers(statements, bucket_arn)
    reach = _Reach(statements)
    questions = Questions(
        statements,
        askers,
        lambda statement, one: one.caller is not None and policies.grant(statement, one.caller) is not Grant.NONE,
        service="s3",
        resources=(bucket_arn, f"{bucket_arn}/env/terraform.tfstate"),
        account=_ACCOUNT,
        resource_account=_ACCOUNT,
        reach=reach,
    )

    def allowed(request: Request, _asker: Asker) -> bool:
        return policies.decide(request).allowed

    nothing = True
    for statement in statements:
        if statement.is_deny or not any(_is_for_everybody(policies, statement, one) for one in askers):
            continue
        answers = list(questions.find(statement, allowed))
        verdict, found = _verdict(statement, answers, askers, reach)
        if questions.is_exhausted and verdict is Verdict.PASSED:
            verdict, found = Verdict.UNDECIDED, "more requests than are tried"
        if verdict is not Verdict.PASSED:
            nothing = False
            yield verdict, statement.statement.sid or str(statement.statement.index + 1), _EXPECTED, found
    if nothing:
        yield Verdict.PASSED, "", _EXPECTED, "denied"


def _is_for_everybody(policies: PolicySet, statement: CompiledStatement, one: Asker) -> bool:
    return one.caller is not None and policies.grant(statement, one.caller) is Grant.ANYONE


def _strangers(statements: Iterable[CompiledStatement], bucket_arn: str) -> list[Asker]:
    """Callers of an account that nobody named; roles of it too, where a condition takes a role of any account."""
    partition = bucket_arn.split(":")[1]
    names = dict.fromkeys(
        (f"arn:{partition}:iam::{STRANGER}:user/terraform", *from_conditions(statements, (STRANGER,)))
    )
    return [one for name in names if account_of(name) == STRANGER and (one := asker(name, "anybody")) is not None]


def _verdict(
    statement: CompiledStatement, answers: list[Hit | None], askers: Iterable[Asker], reach: _Reach
) -> tuple[Verdict, str]:
    hits = [answer for answer in answers if answer is not None]
    if hits:
        actions = ", ".join(dict.fromkeys(action.shown for hit in hits for action in hit.actions))
        when = f" when {hits[0].context}" if hits[0].context else ""
        told = f"allowed to anybody: {actions} on {hits[0].resource}{when}"
        by_key = any(item.key.lower() == _OF_THE_KEY and _is_fixed(item) for item in statement.conditions)
        # Of a part of the actions that covers none that is known, nobody can say here that there is one.
        sure = any(action.is_whole or not action.is_made_up for hit in hits for action in hit.actions)
        return (Verdict.FAILED if sure and not by_key else Verdict.UNDECIDED), told
    missed = sorted(set(untried(statement, callers_keys=True)))
    if missed:
        return Verdict.UNDECIDED, f"a condition on {', '.join(missed)}, of which no value could be tried"
    if answers:
        return Verdict.PASSED, "denied"
    blocked = blocked_keys(statement, [read_context(one.context) for one in askers], reach)
    limits = [item for item in statement.conditions if item.key.lower() in blocked & _LIMITING]
    if any(_is_fixed(item) for item in limits):
        return Verdict.PASSED, "denied"
    keys = ", ".join(sorted({item.key for item in statement.conditions if item.key.lower() in blocked}))
    return Verdict.UNDECIDED, f"no request could be made for it{f': a condition on {keys}' if keys else ''}"


class _Reach:
    """What a stranger can send: every value but those that AWS gives and a policy names."""

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        self._fixed: dict[str, set[str]] = {}
        self._networks: list[Network] = []
        for item in (found for statement in statements for found in statement.conditions):
            key = item.key.lower()
            if key == "aws:sourceip":
                networks = (read_network(value) for value in item.values)
                self._networks += [network for network in networks if network is not None and _is_narrow(network)]
            elif key in _LIMITING or key.startswith(_GIVEN_BY_AWS):
                self._fixed.setdefault(key, set()).update(value for value in item.values if _is_plain(item, value))

    def __call__(self, key: str, sample: Sample) -> bool:
        """Whether a stranger can send a value of a key, named in lower case."""
        texts = sample if isinstance(sample, tuple) else () if sample is None else (sample,)
        if key == "aws:sourceip":
            return not any(self._is_inside(text) for text in texts)
        if key == "s3:dataaccesspointarn":
            return all(account_of(text) in ("", STRANGER) for text in texts)
        if key in _NOBODY_CHOOSES:
            return texts in ((), ("false",))
        if key.startswith(_GIVEN_BY_AWS) and key not in _LIMITING:
            return not texts
        return not self._fixed.get(key, set()).intersection(texts)

    def _is_inside(self, text: str) -> bool:
        address = read_address(text)
        return address is not None and any(
            address[0] == version and address[1] >> shift == prefix for version, prefix, shift in self._networks
        )


def _is_narrow(network: Network) -> bool:
    return network.shift <= _BROADEST[network.version]


def _is_plain(condition: Condition, value: str) -> bool:
    """Whether a value has neither wildcard nor variable; where the operator takes no wildcards, `*` is a character."""
    read = read_operator(condition.operator)
    wild = read is not None and read.operator is not None and read.operator.wildcards
    return "${" not in value and not (wild and ("*" in value or "?" in value))


def _is_fixed(condition: Condition) -> bool:
    """Whether a condition limits access to fixed values."""
    key, read = condition.key.lower(), read_operator(condition.operator)
    if read is None or read.operator is None or read.operator.negated:
        return False
    if key == "aws:sourceip":
        networks = [read_network(value) for value in condition.values]
        return all(network is not None and _is_narrow(network) for network in networks)
    if key == "s3:dataaccesspointarn":
        # The name may be a wildcard, as long as the account is fixed.
        return all(account_of(value) for value in condition.values)
    return all(_is_plain(condition, value) for value in condition.values)
