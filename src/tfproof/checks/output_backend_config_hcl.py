"""The output `backend_config_hcl`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tfproof.checks.backend import Backend
from tfproof.checks.check import Check
from tfproof.checks.expectation import Expectation, answer, missing
from tfproof.checks.finding import Answer
from tfproof.values import UNKNOWN, reveal

__all__ = ["CHECK", "parse_backend_file"]

_OUTPUT = "backend_config_hcl"
_LINE = re.compile(r"^\s*(\w+)\s*=\s*(.+?)\s*$")


def parse_backend_file(text: str) -> dict[str, Any]:
    """The settings in a `.s3.tfbackend` text: a name, `=` and a JSON-like value on each line.

    Raises:
        ValueError: A line is neither empty, a comment, nor such a setting.
    """
    settings = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith(("#", "//")):
            continue
        match = _LINE.match(line)
        if match is None:
            raise ValueError(f"line={line!r} is not a setting")
        settings[match[1]] = json.loads(match[2])
    return settings


def _parsed(text: Any) -> Any:
    if text is UNKNOWN:
        return UNKNOWN
    try:
        return parse_backend_file(str(reveal(text)))
    except ValueError as error:
        return str(error)


def _configured(backend: Backend) -> Iterator[Answer]:
    output = backend.output_address(_OUTPUT)
    if "backend_config_hcl" not in backend.outputs:
        name = f"output {backend.output_name(_OUTPUT)}"
        yield missing(name, subject=output, address=output, expected=f"an {name}")
        return
    config = backend.outputs.get("backend_config")
    text = _parsed(backend.outputs["backend_config_hcl"])
    known = UNKNOWN if config is UNKNOWN or (isinstance(config, dict) and _has_unknown(config)) else reveal(config)
    found = UNKNOWN if known is UNKNOWN else text
    same = Expectation("the settings of backend_config, all of them", lambda settings: settings == known)
    yield answer(same, found, subject=output, path="value", address=output)


def _has_unknown(config: dict[str, Any]) -> bool:
    """Whether any setting is known only after apply."""
    return any(value is UNKNOWN for value in config.values())


CHECK = Check(
    id="output-backend-config-hcl",
    section="outputs",
    title="backend_config_hcl says the same as backend_config",
    reason="It is what people put into their repositories: a setting that is lost here is lost in every backend.",
    configured=_configured,
)
