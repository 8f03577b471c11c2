"""Keeps secrets out of whatever tfproof writes: the last look at a text before it goes out.

Findings are made without secrets in the first place. This is the second fence: values that the documents mark as
sensitive, values of the environment that are named as secrets, and whatever the detector knows by its looks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tfproof.audit.hidden_values import SHORTEST_HIDDEN
from tfproof.audit.secret_detector import secret_parts
from tfproof.audit.secret_values import is_secret_name, texts
from tfproof.terraform.state import instance_key

__all__ = ["Scrubber", "environment_secrets", "revealed_secrets"]

_REDACTED: Final = "(redacted)"
_SHORTEST: Final = SHORTEST_HIDDEN
_WORD: Final = 6
"""Shorter secrets are taken out where they stand as a word: `prod` is part of many words, which show nothing of it."""

_OF_EMULATORS: Final = frozenset({"localstack", "test", "testing", "tfproof"})
"""What emulators are given for a secret access key: it opens nothing, and would be taken out of every other word."""


class Scrubber:
    """Takes secrets out of texts.

    Args:
        secrets: Values that must not be shown; those shorter than four characters are not looked for, and those
            shorter than six only where no letter or digit is beside them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._by_start: dict[str, tuple[list[int], set[str]]] = {}
        known = {form for text in secrets if len(text) >= _SHORTEST for form in _forms(text)}
        # By their first characters, then by length: of ten thousand that begin alike a text is looked up once a length.
        for text in known:
            self._by_start.setdefault(text[:_SHORTEST], ([], set()))[1].add(text)
        for lengths, alike in self._by_start.values():
            # The longest first: one may be the beginning of another.
            lengths.extend(sorted({len(text) for text in alike}, reverse=True))

    def text(self, text: str) -> str:
        """The text without secrets."""
        text = self._without_known(text)
        for part in secret_parts(text):
            text = text.replace(part, _REDACTED)
        return text

    def _without_known(self, text: str) -> str:
        """In one pass over the text, however many secrets there are: a state may mark ten thousand."""
        if not self._by_start:
            return text
        kept, begun, at = [], 0, 0
        while at <= len(text) - _SHORTEST:
            secret = self._begins(text, at)
            if secret is None:
                at += 1
                continue
            kept += [text[begun:at], _REDACTED]
            at += len(secret)
            begun = at
        return "".join([*kept, text[begun:]]) if kept else text

    def _begins(self, text: str, at: int) -> str | None:
        """The longest secret that begins at this place of a text."""
        lengths, alike = self._by_start.get(text[at : at + _SHORTEST], _NONE)
        for length in lengths:
            part = text[at : at + length]
            if part in alike and (length >= _WORD or _stands_alone(text, at, at + length)):
                return part
        return None

    def tree(self, value: Any) -> Any:
        """Nested dicts and lists with every text in them scrubbed; the names in them are ours."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.tree(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(item) for item in value]
        return value


_NONE: Final[tuple[list[int], set[str]]] = ([], set())
_PLAIN: Final = re.compile(r"[\w .,:;/@+=~!?#&*()|<>'-]*", re.ASCII)
"""What is written the same in an address and in JSON."""


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a text: as it is, line by line, and with the escapes of an address or of JSON."""
    yield secret
    if _PLAIN.fullmatch(secret) is None:
        # Of a script that is marked as a whole, short lines are words such as `else`.
        yield from (line for line in secret.splitlines() if len(line) >= _WORD)
        yield instance_key(secret)[1:-1]
        yield json.dumps(secret)[1:-1]


def environment_secrets(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Values of environment variables that are named as secrets: `DB_PASSWORD`, `TF_VAR_token`, `TF_TOKEN_host`.

    Not of every `TF_VAR_...`: a region or a bucket's name would go from every report.
    """
    for name, value in environment.items():
        if (is_secret_name(name) or name.startswith("TF_TOKEN_")) and value not in _OF_EMULATORS:
            yield value


def revealed_secrets(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of a plan that it marks as sensitive, wherever they stand: variables, changes, outputs, values."""
    return tuple(dict.fromkeys(_of_plan(plan)))


def _of_plan(plan: Mapping[str, Any]) -> Iterator[str]:
    configuration = _object(_object(plan.get("configuration")).get("root_module"))
    declared = _object(configuration.get("variables"))
    for name, given in _object(plan.get("variables")).items():
        if _object(declared.get(name)).get("sensitive") is True or is_secret_name(name):
            yield from _all(_object(given).get("value"))
    for changes in (plan.get("resource_changes"), plan.get("resource_drift")):
        for entry in changes if isinstance(changes, list) else []:
            yield from _of_change(_object(_object(entry).get("change")))
    for change in _object(plan.get("output_changes")).values():
        yield from _of_change(_object(change))
    for part in (plan.get("planned_values"), _object(plan.get("prior_state")).get("values")):
        yield from _of_values(_object(part))


def _of_values(values: Mapping[str, Any]) -> Iterator[str]:
    for name, output in _object(values.get("outputs")).items():
        if _object(output).get("sensitive") is True or is_secret_name(name):
            yield from _all(_object(output).get("value"))
    waiting = [values.get("root_module")]
    while waiting:
        module = _object(waiting.pop())
        for resource in _list(module.get("resources")):
            yield from _marked(_object(resource).get("values"), _object(resource).get("sensitive_values"))
        waiting.extend(_list(module.get("child_modules")))


def _of_change(change: Mapping[str, Any]) -> Iterator[str]:
    for side in ("before", "after"):
        yield from _marked(change.get(side), change.get(f"{side}_sensitive"))
        for path, text in texts(change.get(side), ""):
            if is_secret_name(path.rpartition(".")[2].partition("[")[0]):
                yield text


def _marked(value: Any, mirror: Any) -> Iterator[str]:
    if mirror is True:
        yield from _all(value)
    elif isinstance(mirror, dict) and isinstance(value, dict):
        for name, mark in mirror.items():
            yield from _marked(value.get(name), mark)
    elif isinstance(mirror, list) and isinstance(value, list):
        for item, mark in zip(value, mirror, strict=False):
            yield from _marked(item, mark)


def _all(value: Any) -> Iterator[str]:
    for _, text in texts(value, ""):
        yield text


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
