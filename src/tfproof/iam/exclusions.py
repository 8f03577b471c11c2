"""PolicyExclusionList: which attached policies a simulation leaves out (R6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tfproof.iam.errors import InvalidInput
from tfproof.iam.patterns import Glob, Wildcard
from tfproof.iam.templates import split_template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tfproof.iam.json_text import Json

__all__ = ["Exclusion", "read_exclusions"]

_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::(?:[0-9]{12}|aws):policy/(?:[^*?:/]+/)*[^:/]+\Z")
_NAME = re.compile(r"[\w+=,.@*?-]+\Z")


class Exclusion(NamedTuple):
    """One identifier, in exactly one of three ways: by `kind`, by `arn`, or by an inline policy's name and entity."""

    kind: str = ""
    arn: str = ""
    policy_name: str = ""
    entity_type: str = ""
    entity_name: str = ""

    def covers(self, *, kind: str, arn: str, name: str, entity_type: str, entity_name: str) -> bool:
        """Whether an attached policy is meant.

        Args:
            kind: inline, aws-managed, user-managed or permission-boundary.
            arn: The ARN of a managed policy, "" of an inline one.
            name: The policy's name.
            entity_type: user, group or role: what it is attached to.
            entity_name: The name of that entity.
        """
        if self.kind:
            return self.kind == kind
        if self.arn:
            return kind in ("aws-managed", "user-managed") and _match(self.arn, arn)
        return (
            kind == "inline"
            and self.policy_name == name
            and self.entity_type == entity_type
            and _match(self.entity_name, entity_name)
        )


def read_exclusions(identifiers: Sequence[Mapping[str, Json]]) -> list[Exclusion]:
    """The identifiers of a PolicyExclusionList; those of SCPs and RCPs are accepted and match nothing here.

    Raises:
        InvalidInput: An ARN is malformed, or a wildcard stands where none may (at most one `*`, in the last name only).
    """
    found = []
    for identifier in identifiers:
        if "PolicyType" in identifier:
            found.append(Exclusion(kind=identifier["PolicyType"]))
        elif "PolicyArn" in identifier:
            arn = identifier["PolicyArn"]
            if not _ARN.match(arn) or arn.count("*") > 1:
                raise InvalidInput(f"Invalid policy identifier: {arn}", remedy="one *, in the policy's name only")
            found.append(Exclusion(arn=arn))
        else:
            inline = identifier["InlinePolicyIdentifier"]
            name = inline["AttachmentName"]
            if not _NAME.match(name) or name.count("*") > 1:
                raise InvalidInput(f"Invalid policy identifier: AttachmentName {name}", remedy="at most one *")
            found.append(
                Exclusion(policy_name=inline["PolicyName"], entity_type=inline["AttachmentType"], entity_name=name)
            )
    return found


def _match(pattern: str, text: str) -> bool:
    pieces = split_template(pattern, variables=False)
    return Glob([piece for piece in pieces if isinstance(piece, (str, Wildcard))]).match(text)
