"""Keeps secrets out of whatever tfproof writes: the last look at a text before it goes out.

Findings are made without secrets in the first place. This is the second fence: values that the documents mark as
sensitive, values of the environment that are named as secrets, and whatever the detector knows by its looks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tfproof.audit.secret_detector import secret_parts
from tfproof.audit.secret_values import is_secret_name, texts
from tfproof.terraform.state import instance_key

__all__ = ["Scrubber", "environment_secrets", "revealed_secrets"]

_REDACTED: Final = "(redacted)"
_SHORTEST: Final = 6
"""Shorter ones are too common as parts of words: taking them out would garble every text, and hide nothing."""


_OF_EMULATORS: Final = frozenset({"localstack", "testing", "tfproof"})
"""What emulators are given for a secret access key: it opens nothing, and would be taken out of every other word."""


class Scrubber:
    """Takes secrets out of texts.

    Args:
        secrets: Values that must not be shown; those shorter than six characters are not looked for.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for text in secrets for form in _forms(text) if len(form) >= _SHORTEST}
        self._by_start: dict[str, list[str]] = {}
        # The longest first: one may be the beginning of another.
        for text in sorted(known, key=lambda text: (-len(text), text)):
            self._by_start.setdefault(text[:_SHORTEST], []).append(text)

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
            starting = self._by_start.get(text[at : at + _SHORTEST], ())
            secret = next((item for item in starting if text.startswith(item, at)), None)
            if secret is None:
                at += 1
                continue
            kept += [text[begun:at], _REDACTED]
            at += len(secret)
            begun = at
        return "".join([*kept, text[begun:]]) if kept else text

    def tree(self, value: Any) -> Any:
        """Nested dicts and lists with every text in them scrubbed; the names in them are ours."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.tree(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(item) for item in value]
        return value


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a text: as it is, line by line, and with the escapes of an address or of JSON."""
    yield secret
    if not secret.isalnum():
        yield from secret.splitlines()
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
