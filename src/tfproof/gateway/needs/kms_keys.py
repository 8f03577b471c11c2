"""Which KMS key a key id means: an id, an ARN, an alias and an alias's ARN all become the key's ARN."""

from __future__ import annotations

from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["alias_arn", "key_resource", "key_use_context"]


def key_resource(situation: Situation, key_id: str) -> str:
    """The ARN that IAM compares for a key.

    The target is asked first. A key it does not know stays what it was named: an alias that names nothing is an
    alias's ARN, which no statement on keys covers.
    """
    known = situation.surroundings.key_arn(key_id, situation.region)
    if known:
        return known
    if key_id.startswith("arn:"):
        return key_id
    if key_id.startswith("alias/"):
        return situation.arn("kms", key_id)
    return situation.arn("kms", f"key/{key_id}")


def alias_arn(situation: Situation, name: str) -> str:
    """The ARN of an alias by its name."""
    return situation.arn("kms", name)


def key_use_context(situation: Situation, key_id: str) -> tuple[str, dict[str, ContextValue]]:
    """The ARN of a key, and the condition keys of every request about it."""
    resource = key_resource(situation, key_id)
    context: dict[str, ContextValue] = {}
    aliases = situation.surroundings.key_aliases(resource) if ":key/" in resource else ()
    if aliases:
        context["kms:ResourceAliases"] = list(aliases)
    account = situation.principal.get("aws:PrincipalAccount")
    if account is not None:
        context["kms:CallerAccount"] = account
    return resource, context
