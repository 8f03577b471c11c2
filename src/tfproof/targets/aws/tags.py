"""The tags by which a run's resources are known in an account that has others too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["EXPIRES_TAG", "RUN_TAG", "default_tags_environment", "has_expired", "run_tags"]

RUN_TAG: Final = "tfproof-run"
"""Its value is the run's id."""
EXPIRES_TAG: Final = "tfproof-expires"
"""Its value is the moment from which `tfproof gc --target aws` may delete the resource: `2026-11-26T18:00:00Z`."""
LIFETIME: Final = timedelta(hours=6)
"""A journey takes minutes, a whole suite not yet an hour: what is there after six was left behind."""
_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
_VARIABLE: Final = "TF_AWS_DEFAULT_TAGS_"


def run_tags(run_id: str, now: datetime) -> dict[str, str]:
    """The tags of everything a run makes.

    Args:
        run_id: The run's id.
        now: When it begins, with a time zone.
    """
    return {RUN_TAG: run_id, EXPIRES_TAG: (now + LIFETIME).astimezone(UTC).strftime(_FORMAT)}


def default_tags_environment(tags: Mapping[str, str]) -> dict[str, str]:
    """The variables by which the AWS provider puts tags on all it makes, without a word in the configuration.

    Source: AWS provider, "default_tags Configuration Block": `TF_AWS_DEFAULT_TAGS_<tag_name>`, since 5.62.0.
    """
    return {f"{_VARIABLE}{name}": value for name, value in tags.items()}


def has_expired(tags: Mapping[str, str], now: datetime) -> bool:
    """Whether the tags say that a run has left the resource behind; False where they say nothing that can be read."""
    try:
        expires = datetime.strptime(tags[EXPIRES_TAG], _FORMAT).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return False
    return bool(tags.get(RUN_TAG)) and expires < now
