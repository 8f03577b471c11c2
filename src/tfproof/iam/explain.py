"""Why a decision is what it is, for people: statement by statement, and what is missing when nothing allows.

Works on the compiled policies and the request that a `Decision` carries, and only when asked: the evaluator itself
records no reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tfproof.iam.actions import authorised_on
from tfproof.iam.decision import Effect
from tfproof.iam.policy import values_of
from tfproof.iam.principals import Grant

if TYPE_CHECKING:
    from tfproof.iam.compiled import CompiledStatement
    from tfproof.iam.conditions import Condition
    from tfproof.iam.decision import Decision
    from tfproof.iam.policy import Statement
    from tfproof.iam.request import Request

__all__ = ["StatementVerdict", "explain", "summary"]

_LIMITS = {
    "boundary": "the permissions boundary",
    "session": "the session policy",
    "organizations": "an organization level's service control policies",
}
_SHOWN = 4


class StatementVerdict(NamedTuple):
    """What one statement has to say to a request.

    `layer` is identity, resource, boundary, session or organizations; `applies` whether it covers the request;
    `nearness` how far it came (0 the action is another, 1 the principal, 2 the resource, 3 a condition, 4 applies);
    `reason` why, for people.
    """

    layer: str
    statement: Statement
    effect: str
    applies: bool
    nearness: int
    reason: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.effect}, {'applies' if self.applies else 'does not apply'}: {self.reason}"


def explain(decision: Decision) -> list[StatementVerdict]:
    """Every statement that had a say, in the order of the policies, with the reason it applied or did not."""
    policies = decision.policies
    layers: list[tuple[str, tuple[CompiledStatement, ...]]] = [("identity", policies.identity)]
    layers += [("resource", policies.resource)] if policies.resource is not None else []
    layers += [("boundary", policies.boundary)] if policies.boundary is not None else []
    layers += [("session", policies.session)] if policies.session is not None else []
    layers += [("organizations", level) for level in policies.organizations or ()]
    return [_verdict(name, statement, decision) for name, statements in layers for statement in statements]


def summary(decision: Decision) -> str:
    """One paragraph: the decision, the statement that decided (policy, Sid, line), and when denied what is missing."""
    request = decision.request
    head = f"{decision.value}: {request.action} on {request.resource}"
    if decision.note:
        return f"{head}: {decision.note}"
    named = [str(statement) for statement in decision.statements]
    if decision.value is Effect.EXPLICIT_DENY:
        return f"{head}: denied by {_listed(named)}"
    if decision.value is Effect.ALLOWED:
        return f"{head}: allowed by {_listed(named)}"
    missing = _missing(decision)
    if request.action in missing and request.resource in missing:
        head = str(decision.value)  # what was asked for is said once
    return "; ".join([f"{head}: {missing}", *_near_misses(decision)])


def _missing(decision: Decision) -> str:
    """What an implicitDeny lacks, outermost first."""
    request = decision.request
    effects = {layer.name: layer.effect for layer in decision.layers}
    nothing = f"no statement allows {request.action} on {request.resource}"
    stopped = [text for name, text in _LIMITS.items() if effects.get(name, Effect.ALLOWED) is not Effect.ALLOWED]
    by_identity, by_resource = effects["identity"] is Effect.ALLOWED, effects.get("resource") is Effect.ALLOWED
    if not by_identity and not by_resource:
        return nothing
    if stopped:
        return f"{_listed(stopped)} does not allow {request.action} on {request.resource}"
    if request.cross_account and request.caller is not None:
        lacking = "identity policy" if by_resource else "resource policy"
        return (
            f"across accounts both sides must allow, and no {lacking} allows it "
            f"(caller {request.caller.account}, resource {request.resource_account})"
        )
    if by_identity:
        return "the resource's policy lets neither the caller nor the caller's account in"
    return f"the resource's policy delegates to the account, and no identity policy allows {request.action}"


def _near_misses(decision: Decision) -> list[str]:
    """The statements that came closest to allowing, for the layers that did not allow."""
    lacking = {layer.name for layer in decision.layers if layer.effect is not Effect.ALLOWED}
    # Of an organization's levels one may allow and another not: what applies has missed nothing.
    allows = [verdict for verdict in explain(decision) if verdict.layer in lacking and verdict.effect == "Allow"]
    verdicts = [verdict for verdict in allows if verdict.nearness and not verdict.applies]
    best = max((verdict.nearness for verdict in verdicts), default=0)
    near = [verdict for verdict in verdicts if verdict.nearness == best]
    texts = [f"{verdict.statement} {verdict.reason}" for verdict in near[:_SHOWN]]
    return texts + ([f"and {len(near) - _SHOWN} more"] if len(near) > _SHOWN else [])


def _verdict(layer: str, compiled: CompiledStatement, decision: Decision) -> StatementVerdict:
    request = decision.request
    effect = "Deny" if compiled.is_deny else "Allow"
    action = request.action.lower()
    resource = authorised_on(action, request.resource)

    def no(nearness: int, reason: str) -> StatementVerdict:
        return StatementVerdict(layer, compiled.statement, effect, False, nearness, reason)

    if not compiled.covers_action(action):
        return no(0, f"names other actions ({_short(compiled, 'Action')})")
    if layer == "resource" and request.caller and decision.policies.grant(compiled, request.caller) is Grant.NONE:
        return no(1, "names another principal")
    if not compiled.covers_resource(resource, request.context):
        return no(2, _other_resource(compiled, request, resource))
    for condition in compiled.conditions:
        if not condition.test(request.context):
            return no(3, _failed(condition, request))
    return StatementVerdict(layer, compiled.statement, effect, True, 4, "covers the action and the resource")


def _other_resource(compiled: CompiledStatement, request: Request, resource: str) -> str:
    if resource == "*" and request.resource != "*":
        return f"names a resource ({_short(compiled, 'Resource')}), and {request.action} is authorised on * alone"
    if resource != request.resource:
        return "names no key this alias is known to stand for: KMS authorises the use of a key on the key's ARN"
    return f"names another {_noun(request.resource)} ({_short(compiled, 'Resource')})"


def _failed(condition: Condition, request: Request) -> str:
    held = request.context.get(condition.key.lower())
    wanted = " or ".join(repr(value) for value in condition.values[:_SHOWN]) or "nothing"
    is_held = "the request has no such key" if held is None else f"the request has {held!r}"
    return f"asks for {condition.operator} {condition.key} {wanted}; {is_held}"


def _short(compiled: CompiledStatement, element: str) -> str:
    body = compiled.statement.body
    name = element if element in body else f"Not{element}"
    values = values_of(body[name])
    shown = ", ".join(values[:_SHOWN]) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
    return shown if name == element else f"all but {shown}"


def _noun(resource: str) -> str:
    parts = resource.split(":", 5)
    service, name = (parts[2], parts[5]) if len(parts) == 6 else ("", "")  # noqa: PLR2004  an ARN's parts
    if service == "s3":
        return "object" if "/" in name else "bucket"
    kind = name.partition("/")[0]
    return kind if kind in ("key", "alias", "table", "role", "user", "group", "policy") else "resource"


def _listed(names: list[str]) -> str:
    return " and ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
