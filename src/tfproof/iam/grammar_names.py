"""The grammar of names in policies: actions, resources, principals; with the words AWS refuses them in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tfproof.iam import wording
from tfproof.iam.arn import PARTITIONS, caller_kind, is_account_id
from tfproof.iam.patterns import Glob, Wildcard
from tfproof.iam.policy import PolicyKind
from tfproof.iam.problems import Problem, did_you_mean
from tfproof.iam.templates import malformed_variable, split_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tfproof.iam.json_text import Json
    from tfproof.iam.places import Path

__all__ = ["action_problem", "early_variable", "principal_problems", "resource_problem"]

Fault = tuple[str, str]

_ACTION = re.compile(r"(?:\*|[A-Za-z0-9.-]+:[A-Za-z0-9_*?.-]+|\*:\*)\Z")
_VENDOR = re.compile(r"[A-Za-z0-9.-]+\Z")
# What needs no closer look: ARNs of services without rules of their own, six parts, no variable.
_PLAIN = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov|\*):(?:s3::|(?!s3:|iam:)[a-z0-9-]+:[^:$]*:[^:$]*):[^$]+\Z", re.DOTALL
)
_S3_REGIONAL: Final = ("accesspoint", "job/", "storage-lens", "async-request", "access-grants", "*")
_PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}\Z")
_ORIGIN_ACCESS = re.compile(r"arn:aws[a-z-]*:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+\Z")
_PARTS: Final = 6
_VARIABLE = re.compile(r"\$\{[^{}]*\}")


def action_problem(action: str, kind: PolicyKind) -> Fault | None:  # noqa: PLR0911  one a rule
    """What is wrong with an action or a pattern of actions, as (AWS's words, remedy); None when nothing is."""
    if _ACTION.match(action):
        if kind is PolicyKind.TRUST and action.lower() not in wording.TRUST_ACTIONS:
            return wording.TRUST_ONLY, f"{action!r} has no place in a trust policy"
        return None
    vendor, colon, name = action.partition(":")
    if kind is PolicyKind.RESOURCE:
        return "Policy has invalid action", f"{action!r}: write service:Action, such as s3:GetObject, or *"
    if not colon:
        return wording.VENDOR_MISSING, f"{action!r}: write service:Action, such as s3:GetObject, or *"
    if ":" in name:
        return wording.ONE_COLON, f"{action!r}: write service:Action, such as s3:GetObject"
    if not _VENDOR.match(vendor):
        return f"Vendor {vendor} is not valid", "a service's name takes no wildcards: name each service, or write *"
    return wording.SYNTAX, f"{action!r}: an action's name is letters, digits and the wildcards * and ?"


def resource_problem(resource: str, kind: PolicyKind, *, variables: bool) -> Fault | None:
    """What is wrong with a resource or a pattern of resources, as (AWS's words, remedy); None when nothing is."""
    if resource == "*" or _PLAIN.match(resource):
        return None
    fault = _resource_fault(resource, variables=variables)
    if fault is not None and kind is PolicyKind.RESOURCE:
        return "Policy has invalid resource", f"{fault[0]} {fault[1]}"
    return fault


def _resource_fault(resource: str, *, variables: bool) -> Fault | None:
    parts = _parts(resource)
    if parts[0] != "arn" or len(parts) == 1:
        return f'Resource {resource} must be in ARN format or "*".', "write arn:aws:<service>:<region>:<account>:<name>"
    if not _known_partition(parts[1]):
        rest = [part or "*" for part in parts[2:5]] + ["*"] * (5 - len(parts))
        tail = parts[5] if len(parts) == _PARTS else "*"
        arn = ":".join([*rest, tail])
        remedy = f"partitions are {', '.join(sorted(PARTITIONS))}"
        return f'Partition "{parts[1]}" is not valid for resource "arn:{parts[1]}:{arn}".', remedy
    service = parts[2] if len(parts) > 2 else "*"  # noqa: PLR2004  the service's part
    if not service or "*" in service or "?" in service:
        return wording.VENDOR_REGEX, f"{resource!r}: name the service, or write * for everything"
    if len(parts) < _PARTS:
        # R40: a * that ends a part runs on past the colons, so arn:aws:dynamodb:* is whole.
        if resource.endswith("*") and "::" not in resource:
            return None
        return wording.LEGACY, f"{resource!r} has {len(parts)} parts of 6"
    fault = _service_fault(resource, parts)
    if fault is None and variables:
        broken = malformed_variable(resource)
        if broken is not None:
            fault = wording.SYNTAX, f"{broken!r} is no policy variable; write ${{key}}, or ${{$}} for a $"
    return fault


def early_variable(resource: str) -> bool:
    """Whether a `${...}` stands before the fifth colon of an ARN, where it is plain text (R64)."""
    return "${" in resource and any("${" in part for part in _parts(resource)[: _PARTS - 1])


def _parts(resource: str) -> list[str]:
    """The six parts; the colons in a variable's name separate nothing."""
    if "${" not in resource:
        return resource.split(":", _PARTS - 1)
    hidden = _VARIABLE.sub(lambda match: match.group().replace(":", "\0"), resource)
    return [part.replace("\0", ":") for part in hidden.split(":", _PARTS - 1)]


def _service_fault(resource: str, parts: list[str]) -> Fault | None:
    service, region, name = parts[2], parts[3], parts[5]
    if not name:
        return wording.LEGACY, f"{resource!r} names no resource"
    if service == "iam":
        if region not in ("", "*"):
            return f"IAM resource {resource} cannot contain region information.", "write arn:aws:iam::<account>:..."
        if name != "*" and not name.startswith(wording.IAM_PATHS):
            return wording.IAM_PATH, f"{name!r}: the type of the resource takes no wildcard"
    if service == "s3" and region and "*" not in region and not name.startswith(_S3_REGIONAL):
        return f"Resource {resource} can not contain region information.", f"write arn:{parts[1]}:s3:::{name}"
    return None


def _known_partition(text: str) -> bool:
    if text in PARTITIONS:
        return True
    tokens = [piece for piece in split_template(text, variables=False) if isinstance(piece, (str, Wildcard))]
    if all(isinstance(token, str) for token in tokens):
        return False
    return any(Glob(tokens).match(partition) for partition in PARTITIONS)


def principal_problems(element: Json, path: Path) -> Iterator[Problem]:
    """Every fault of a Principal or NotPrincipal element."""
    if type(element) is str:
        if element != "*":
            remedy = f'write {{"AWS": "{element}"}}, or "*" for everybody'
            yield Problem("Invalid principal in policy", path, remedy)
        return
    if not isinstance(element, dict) or not element:
        yield Problem(wording.SYNTAX, path, 'a principal is "*" or an object such as {"AWS": "<ARN>"}')
        return
    for name, value in element.items():
        if name not in _PRINCIPAL_TYPES:
            yield Problem(
                "Invalid principal in policy", (*path, name), did_you_mean(str(name), _PRINCIPAL_TYPES), on_key=True
            )
            continue
        listed = isinstance(value, (list, tuple))
        if listed and not value:
            yield Problem("Invalid principal in policy", (*path, name), "the list is empty")
        for index, item in enumerate(value if listed else (value,)):
            where = (*path, name, index) if listed else (*path, name)
            if type(item) is not str:
                yield Problem(wording.SYNTAX, where, "a principal's name is a text (an account's twelve digits too)")
            elif name == "AWS" and not _names_aws_principal(item):
                remedy = (
                    "write an account's id, the ARN of a user, role or session, or *; groups and wildcards name nobody"
                )
                yield Problem(f'Invalid principal in policy: "AWS":"{item}"', where, remedy)


def _names_aws_principal(name: str) -> bool:
    if name == "*" or is_account_id(name) or _UNIQUE_ID.match(name) or _ORIGIN_ACCESS.match(name):
        return True
    return "*" not in name and "?" not in name and caller_kind(name) not in ("", "group")
