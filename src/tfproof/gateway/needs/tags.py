"""The condition keys of the tags that a request sets or removes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["form_tags", "removed_tag_context", "structure_tags", "tag_context"]


def tag_context(tags: Iterable[tuple[str, str]]) -> dict[str, ContextValue]:
    """The keys of tags that are set; none without tags."""
    given = list(tags)
    if not given:
        return {}
    found: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in given}
    # IAM compares tag keys without case, and one repeated in another case is refused by every service.
    if len({name.lower() for name in found}) != len(given):
        found = {}
    found["aws:TagKeys"] = [key for key, _ in given]
    return found


def removed_tag_context(keys: Any) -> dict[str, ContextValue]:
    """The key of tags that are removed; none when no keys are named."""
    names = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    return {"aws:TagKeys": names} if names else {}


def structure_tags(
    situation: Situation, name: str, *, within: Mapping[str, Any] | None = None, key: str = "Key", value: str = "Value"
) -> list[tuple[str, str]]:
    """Tags of a list of structures.

    Args:
        situation: The request.
        name: The list's parameter.
        within: The structure it stands in, by default the parameters.
        key: Member of a tag's key: KMS calls it `TagKey`.
        value: Member of a tag's value.
    """
    tags = situation.items(name, within=within)
    return [(situation.text(key, within=tag), str(tag.get(value, ""))) for tag in tags]


def form_tags(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tags of a form: `Tags.member.1.Key` and `Tags.member.1.Value`, and so on."""
    found = []
    for name, key in fields.items():
        if name.startswith("Tags.member.") and name.endswith(".Key"):
            found.append((str(key), str(fields.get(f"{name[:-4]}.Value", ""))))
    return found
