"""Finds the state backends in any configuration: which bucket holds states, and which key, table and parts are its own.

Names and shapes differ from module to module. What counts is told in docs/audit.md; a bucket that is not recognised is
named with `--bucket`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tfproof.audit.configuration import Configuration, without_indexes
from tfproof.audit.inline_style import ENCRYPTION, inline_part
from tfproof.checks.backend import Backend
from tfproof.terraform.plan import Plan
from tfproof.terraform.resource import Resource
from tfproof.terraform.state import State
from tfproof.values import UNKNOWN, at, reveal

__all__ = ["FoundBackend", "find_backends"]

_STATE_NAME: Final = re.compile(
    r"(?:tf|terraform|tofu|remote|infra(?:structure)?)[-_.]?states?(?![a-z])|tfstate|tf[-_]backend"
    r"|terraform[-_]?backend|state[-_](?:bucket|backend|store|storage)|backend[-_]state",
    re.IGNORECASE,
)
_OTHER_NAME: Final = re.compile(
    r"(?:^|[-_.])(?:access)?[-_]?(?:logs?|logging|replicas?|replication)"
    r"(?:[-_.]?(?:bucket|\d+|[a-z]{2}(?:-[a-z]+)+-\d))*$",
    re.IGNORECASE,
)
"""A name that ends so: `acme-tfstate-logs` is for logs, `acme-logs-tfstate` holds states."""
_LOCK_ID: Final = "LockID"


@dataclass(frozen=True, slots=True)
class FoundBackend:
    """A state backend that was found.

    Attributes:
        backend: The same with the words the checks know.
        why: What it was recognised by.
        outside: What belongs to it and is not in the file, for people.
    """

    backend: Backend
    why: str
    outside: tuple[str, ...] = ()


class _View(Backend):
    """A backend whose bucket, key, table and parts are given, not guessed by name."""

    def __init__(
        self,
        source: Plan | State,
        *,
        bucket: Resource,
        key: Resource | None,
        table: Resource | None,
        parts: dict[str, list[Resource]],
        aliases: list[Resource],
        alone: bool,
    ) -> None:
        super().__init__(source, outputs=None if alone else {})
        self.bucket = bucket
        self.key = key
        self.table = table
        self._parts = parts
        self._aliases = aliases

    @property
    def locks_in_table(self) -> bool:
        return self.table is not None

    def bucket_parts(self, resource_type: str) -> list[Resource]:
        return self._parts.get(resource_type, [])

    def all_of(self, resource_type: str) -> list[Resource]:
        return self._aliases if resource_type == "aws_kms_alias" else super().all_of(resource_type)


_PARTS: Final = (
    "aws_s3_bucket_versioning",
    ENCRYPTION,
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_logging",
)


def find_backends(source: Plan | State, *, named: Sequence[str] = ()) -> list[FoundBackend]:
    """The state backends in a plan or a state, in order of their buckets' addresses.

    Args:
        source: The plan or the state.
        named: Names or addresses of buckets that hold states, whatever they look like.
    """
    search = _Search(source, frozenset(named))
    found = [(bucket, why) for bucket in search.buckets if (why := search.reason(bucket))]
    return [search.backend(bucket, why, alone=len(found) == 1) for bucket, why in found]


class _Search:
    def __init__(self, source: Plan | State, named: frozenset[str]) -> None:
        self._source = source
        self._named = named
        self._configuration = Configuration(source.document if isinstance(source, Plan) else {})
        managed = [item for item in source.resources.values() if item.mode == "managed"]
        self._by_type: dict[str, list[Resource]] = {}
        for item in sorted(managed, key=lambda resource: resource.address):
            self._by_type.setdefault(item.type, []).append(item)
        self.buckets = self._by_type.get("aws_s3_bucket", [])
        self._tables = self._by_type.get("aws_dynamodb_table", [])
        self._keys = self._by_type.get("aws_kms_key", [])
        self._told = set(_told(source))

    def reason(self, bucket: Resource) -> str:
        """What tells that a bucket holds states; `""` when nothing does."""
        name = _text(bucket, "bucket") or _text(bucket, "id") or _text(bucket, "bucket_prefix")
        if {name, bucket.address, without_indexes(bucket.address)} & self._named:
            return "named by the caller"
        if name and name in self._told:
            return "the outputs name it"
        if _OTHER_NAME.search(bucket.name) or _OTHER_NAME.search(name) or _text(bucket, "arn") in self._replicas:
            return ""
        tags = bucket.at("tags", default=None)
        tag = str(tags.get("Name", "")) if isinstance(tags, dict) and tags.get("Name", "") is not UNKNOWN else ""
        texts = {"its name": name, "its address": bucket.address, "its tags": tag}
        telling = [what for what, text in texts.items() if _STATE_NAME.search(text)]
        if telling:
            return f"{telling[0]} says so"
        alone = self._beside[bucket.module] == 1
        tables = [table for table in self._lock_tables if table.module == bucket.module or len(self.buckets) == 1]
        if alone and tables:
            return "a table with the key LockID stands beside it"
        return ""

    def backend(self, bucket: Resource, why: str, *, alone: bool) -> FoundBackend:
        parts = {kind: self._parts_of(bucket, kind) for kind in _PARTS}
        outside: list[str] = []
        key = self._key_of(bucket, parts[ENCRYPTION], outside)
        table = self._nearest(self._lock_tables or self._named_lock(), bucket)
        aliases = self._aliases_of(key)
        view = _View(self._source, bucket=bucket, key=key, table=table, parts=parts, aliases=aliases, alone=alone)
        if table is None:
            outside.append("no lock table is in the file: states are locked by lock files, elsewhere, or not at all")
        return FoundBackend(view, why, tuple(outside))

    @cached_property
    def _beside(self) -> Counter[str]:
        """How many buckets that are not for logs there are in a module: asked once for each bucket, counted once."""
        return Counter(item.module for item in self.buckets if not _OTHER_NAME.search(item.name))

    @cached_property
    def _lock_tables(self) -> list[Resource]:
        return [table for table in self._tables if _text(table, "hash_key") == _LOCK_ID]

    def _named_lock(self) -> list[Resource]:
        return [
            table for table in self._tables if re.search(r"lock", f"{table.name} {_text(table, 'name')}", re.IGNORECASE)
        ]

    @cached_property
    def _replicas(self) -> frozenset[str]:
        """ARNs that buckets of the file replicate to."""
        rules = [
            rule
            for item in self._by_type.get("aws_s3_bucket_replication_configuration", [])
            for rule in _list(item.at("rule", default=None))
        ]
        places = [at(rule, "destination[0].bucket", default=None) for rule in rules if isinstance(rule, dict)]
        return frozenset(text for place in places if place is not UNKNOWN and isinstance(text := reveal(place), str))

    @cached_property
    def _parts(self) -> dict[tuple[str, str], list[Resource]]:
        """The parts of buckets by type and the bucket's name; those of a bucket whose name is unknown under `""`."""
        found: dict[tuple[str, str], list[Resource]] = {}
        for kind in _PARTS:
            for part in self._by_type.get(kind, []):
                of = reveal(part.at("bucket", default=UNKNOWN))
                found.setdefault((kind, of if isinstance(of, str) else ""), []).append(part)
        return found

    def _parts_of(self, bucket: Resource, kind: str) -> list[Resource]:
        name = _text(bucket, "bucket")
        found = list(self._parts.get((kind, name), [])) if name else []
        unknown = self._parts.get((kind, ""), [])
        found += [part for part in unknown if self._refers(part, "bucket", bucket)]
        if found:
            return found
        inline = inline_part(bucket, kind)
        return [inline] if inline is not None else []

    def _refers(self, part: Resource, attribute: str, to: Resource) -> bool:
        """Whether an unknown attribute is made from a resource; without a trace, whether they share a module."""
        referred = {
            item for item in self._configuration.referred(part.address, attribute) if f".{to.type}." in f".{item}"
        }
        if referred:
            return without_indexes(to.address) in referred and _same_index(part, to)
        return part.module == to.module

    def _key_of(self, bucket: Resource, encryption: list[Resource], outside: list[str]) -> Resource | None:
        ours = [key for key in self._keys if key.module == bucket.module and key.name == "tf_state"]
        if len(ours) == 1:
            return ours[0]
        path = "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
        said = reveal(encryption[0].at(path, default=None)) if encryption else None
        if said is UNKNOWN:
            referred = self._configuration.referred(encryption[0].address, "rule")
            named = [key for key in self._keys if without_indexes(key.address) in referred]
            family = named or [key for key in self._keys if _family(key, bucket)]
            if len(family) == 1:
                return family[0]
            outside.append("which key encrypts the bucket is known after apply")
            return _elsewhere(UNKNOWN)
        if isinstance(said, str) and said:
            return self._known_key(said, outside)
        family = [key for key in self._keys if _family(key, bucket)]
        return family[0] if len(family) == 1 else None

    def _known_key(self, said: str, outside: list[str]) -> Resource | None:
        for key in self._keys:
            if said in (_text(key, "arn"), _text(key, "key_id"), _text(key, "id")):
                return key
        for alias in self._by_type.get("aws_kms_alias", []):
            if said in (_text(alias, "arn"), _text(alias, "name")):
                target = _text(alias, "target_key_id")
                for key in self._keys:
                    if target and target in (_text(key, "key_id"), _text(key, "arn")):
                        return key
        if "alias/aws/" in said:
            return None
        outside.append(f"the key {said} is not in the file: its policy and rotation are decided elsewhere")
        return _elsewhere(said)

    def _aliases_of(self, key: Resource | None) -> list[Resource]:
        if key is None:
            return []
        ids = {text for name in ("key_id", "arn", "id") if (text := _text(key, name))}
        found = []
        for alias in self._by_type.get("aws_kms_alias", []):
            target = reveal(alias.at("target_key_id", default=None))
            if target is UNKNOWN or not ids:
                if self._refers(alias, "target_key_id", key):
                    found.append(alias)
            elif target in ids or (alias.module == key.module and alias.name == key.name):
                found.append(alias)
        return found

    def _nearest(self, candidates: list[Resource], bucket: Resource) -> Resource | None:
        near = [item for item in candidates if _family(item, bucket)] or (
            candidates if len(candidates) == 1 and len(self.buckets) == 1 else []
        )
        return max(near, key=lambda item: _shared(item.module, bucket.module), default=None)


def _elsewhere(arn: Any) -> Resource:
    """A key that is not in the file: nothing is known of it but what the bucket says."""
    known = {"arn": arn, "key_id": UNKNOWN, "id": UNKNOWN}
    unknown = ("policy", "enable_key_rotation", "rotation_period_in_days", "deletion_window_in_days", "is_enabled")
    address = "a key elsewhere" if arn is UNKNOWN else f"the key {arn}"
    return Resource(address, "", "managed", "aws_kms_key", "elsewhere", known | dict.fromkeys(unknown, UNKNOWN))


def _family(one: Resource, other: Resource) -> bool:
    """Whether one stands in the other's module, in one that calls it, or beside it in the same module."""
    first, second = one.module, other.module
    return (
        first == second
        or not first
        or not second
        or first.startswith(f"{second}.")
        or second.startswith(f"{first}.")
        or first.rpartition(".module.")[0] == second.rpartition(".module.")[0] != ""
    )


def _shared(first: str, second: str) -> int:
    count = 0
    for one, other in zip(first.split("."), second.split("."), strict=False):
        if one != other:
            break
        count += 1
    return count + (first == second)


def _same_index(one: Resource, other: Resource) -> bool:
    """Whether two resources of a module that is called many times stand in the same call."""
    shorter, longer = sorted((one.module, other.module), key=len)
    return longer.startswith(shorter) or without_indexes(shorter) != without_indexes(longer)


def _text(resource: Resource, path: str) -> str:
    value = reveal(resource.at(path, default=None))
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _told(source: Plan | State) -> Iterable[str]:
    """The names of state buckets that the root outputs tell. A `bucket_name` by itself may be anybody's."""
    outputs = {name: reveal(output.value) for name, output in source.outputs.items() if output.value is not UNKNOWN}
    config = outputs.get("backend_config")
    if isinstance(config, dict) and isinstance(config.get("bucket"), str):
        yield config["bucket"]
    beside = {"backend_config", "lock_table_name", "dynamodb_table_name", "dynamodb_table_id"} & set(outputs)
    for name, value in outputs.items():
        telling = _STATE_NAME.search(name) or (beside and name in ("bucket_name", "s3_bucket_id", "bucket"))
        if telling and isinstance(value, str):
            yield value
