"""The contexts to try a policy in: every combination of values that its conditions tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Final, TypeAlias

from tfproof.iam.compiled import CompiledStatement
from tfproof.iam.conditions import Condition, compile_condition, read_operator
from tfproof.iam.policy import values_of
from tfproof.iam.templates import variables_of
from tfproof.policy_questions.samples import SOMEBODY, Sample, condition_samples

__all__ = [
    "CALLERS_KEYS",
    "Reach",
    "Values",
    "blocked_keys",
    "has_variables",
    "holding",
    "in_request",
    "question_contexts",
    "told",
    "untried",
]

Values: TypeAlias = "Mapping[str, Sample]"
"""Values of keys by the key's name as it is written; None is a request without the key."""
Reach: TypeAlias = "Callable[[str, Sample], bool]"
"""Whether a caller can send a value of a key (its name in lower case)."""

CALLERS_KEYS: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:username",
    }
)
"""Keys that follow from who calls (R74): nobody chooses them."""
_ALWAYS: Final = {"aws:securetransport": "true", "aws:viaawsservice": "false", "s3:tlsversion": "1.3"}
"""Keys that every request carries (R71), with the value of a plain one."""
_MOST: Final = 4096
"""Combinations tried; of more, each value by itself."""


def has_variables(statement: CompiledStatement) -> bool:
    """Whether a statement's resources hold policy variables."""
    body, known = statement.statement.body, statement.statement.document.has_variables
    return known and any(
        variables_of(text) for name in ("Resource", "NotResource") for text in values_of(body.get(name))
    )


def holding(conditions: Iterable[Condition], key: str, sample: Sample) -> bool:
    """Whether conditions on one key hold with a value of it; those with variables need a whole context."""
    context = {} if sample is None else {key: sample}
    return all(condition.test(context) for condition in conditions)


def in_request(values: Values) -> dict[str, str | tuple[str, ...]]:
    """Values as a request's context takes them."""
    return {name: value for name, value in values.items() if value is not None}


def told(values: Values) -> str:
    """What is not as in a plain request, for people; `""` for a plain one."""
    return ", ".join(
        f"{name} is {' and '.join(value) if isinstance(value, tuple) else value}" if value is not None else f"no {name}"
        for name, value in values.items()
        if value != _ALWAYS.get(name.lower())
    )


def untried(statement: CompiledStatement, *, callers_keys: bool) -> Iterator[str]:
    """Keys of a statement's conditions of which some value could not be tried.

    Args:
        statement: The statement.
        callers_keys: Whether the keys that follow from the caller are left out.
    """
    variables = statement.statement.document.has_variables
    for condition in statement.conditions:
        read = read_operator(condition.operator)
        if (callers_keys and condition.key.lower() in CALLERS_KEYS) or read is None or read.operator is None:
            continue
        if variables and any(variables_of(value) for value in condition.values):
            continue  # filled with the caller's values; whether that was tried shows in whether the statement applied
        key = condition.key.lower()
        pool = list(condition_samples(condition.operator, condition.values, variables=variables))
        for value in condition.values:
            alone = compile_condition(condition.operator, condition.key, [value], variables=variables)
            if not any(alone.test({key: sample}) for sample in pool if sample is not None):
                yield condition.key
                break


def question_contexts(
    statement: CompiledStatement, others: Sequence[CompiledStatement], *, callers_keys: bool, reach: Reach | None = None
) -> tuple[list[Values], bool]:
    """Contexts in which a statement's conditions hold, the plainest first, and whether they are all that matter.

    Args:
        statement: The statement that is tried.
        others: Statements that have a say on the same request.
        callers_keys: Whether the keys that follow from the caller are left out, because the caller brings them.
        reach: Leaves out values that the caller cannot send; None leaves out none.
    """
    pools: dict[str, _Pool] = {}
    for one in (statement, *others):
        _collect(one, pools, own=one is statement)
    options: dict[str, list[Sample]] = {}
    for key, pool in pools.items():
        if not (callers_keys and key in CALLERS_KEYS):
            options[pool.name] = list(pool.options(key, reach))
            if not options[pool.name]:
                return [], True
    if prod(len(values) for values in options.values()) <= _MOST:
        combined = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
        return sorted(combined, key=lambda values: told(values).count(", ") + bool(told(values))), True
    return list(_one_by_one(options, others)), False


def blocked_keys(
    statement: CompiledStatement, callers: Iterable[Mapping[str, str | tuple[str, ...]]], reach: Reach | None
) -> set[str]:
    """Keys, in lower case, of which no value that can be sent makes a statement's conditions hold.

    Args:
        statement: The statement.
        callers: The keys that follow from each caller, by names in lower case.
        reach: Leaves out values that the callers cannot send.
    """
    pools: dict[str, _Pool] = {}
    _collect(statement, pools, own=True)
    known = list(callers)
    return {
        key
        for key, pool in pools.items()
        if (
            not any(holding(pool.own, key, context.get(key)) for context in known)
            if key in CALLERS_KEYS
            else not any(True for _ in pool.options(key, reach))
        )
    }


class _Pool:
    """What is known of one key: its conditions, and values of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.own: list[Condition] = []
        self.conditions: list[Condition] = []
        self.samples: dict[Sample, None] = {}
        self.in_variables = False

    def options(self, key: str, reach: Reach | None) -> Iterator[Sample]:
        """One value for each way of being told apart with which the statement's own conditions hold."""
        plain = _ALWAYS.get(key)
        first: tuple[Sample, ...] = (plain,) if plain is not None else (None,)
        seen: set[tuple[bool, ...]] = set()
        for sample in dict.fromkeys((*first, *self.samples)):
            if (sample is None and plain is not None) or (reach is not None and not reach(key, sample)):
                continue
            if not self.in_variables:
                answers = tuple(holding((condition,), key, sample) for condition in self.conditions)
                if answers in seen or not holding(self.own, key, sample):
                    continue
                seen.add(answers)
            yield sample


def _collect(statement: CompiledStatement, pools: dict[str, _Pool], *, own: bool) -> None:
    variables = statement.statement.document.has_variables
    body = statement.statement.body
    texts = [text for name in ("Resource", "NotResource") for text in values_of(body.get(name))]
    for condition in statement.conditions:
        pool = pools.setdefault(condition.key.lower(), _Pool(condition.key))
        pool.conditions.append(condition)
        if own:
            pool.own.append(condition)
        pool.samples.update(dict.fromkeys(condition_samples(condition.operator, condition.values, variables=variables)))
        pool.in_variables |= variables and any(variables_of(value) for value in condition.values)
        texts += condition.values
    for variable in (found for text in texts if variables for found in variables_of(text)):
        pool = pools.setdefault(variable.key, _Pool(variable.name))
        pool.samples.setdefault(SOMEBODY)
        pool.in_variables = True


def _one_by_one(options: Mapping[str, Sequence[Sample]], others: Sequence[CompiledStatement]) -> Iterator[Values]:
    """A plain context and one that few denials apply to, and each other value in both."""
    denials = [condition for one in others if one.is_deny for condition in one.conditions]

    def denied(name: str, sample: Sample) -> int:
        return sum(holding((item,), name.lower(), sample) for item in denials if item.key.lower() == name.lower())

    plain = {name: samples[0] for name, samples in options.items()}
    escaping = {name: min(samples, key=lambda s: denied(name, s)) for name, samples in options.items()}
    for base in (plain, escaping):
        yield base
        for name, samples in options.items():
            for sample in samples:
                if sample != base[name]:
                    yield {**base, name: sample}
