"""What is known of a backend in use before its objects are looked at: that it is there, and which key is its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from tfproof.audit.live.place import AwsError, Place, Refused
from tfproof.errors import TargetError, UsageError

__all__ = ["KEY_FORMS", "Known", "check_key_name", "look_around"]

KEY_FORMS: Final = "a key ARN, a key id, an alias (alias/NAME) or an alias ARN"
_ID: Final = r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_ALIAS: Final = r"alias/[A-Za-z0-9/_-]{1,250}"
_ARN: Final = r"arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:"
_KEY_ARN: Final = re.compile(f"{_ARN}key/{_ID}")
_KEY_NAME: Final = re.compile(f"(?:{_ARN})?{_ALIAS}|(?:{_ARN}key/)?{_ID}")
"""KeyId as KMS takes it (API reference of DescribeKey): key id, key ARN, alias name, alias ARN."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the objects are looked at.

    Attributes:
        key: ARN of the key that everything must be encrypted with; `""` when it is not known.
        why: Why it is not known, for people; `""` when it is.
        default_key: ARN of the key that the bucket's default names, or `""`; None when that could not be found out.
        bucket_key: Whether the bucket key is on; None when that could not be found out.
    """

    key: str
    why: str = ""
    default_key: str | None = None
    bucket_key: bool | None = None


def check_key_name(named: str) -> None:
    """Refuses what is no name of a key.

    Raises:
        UsageError: KMS has no key of such a name.
    """
    if not _KEY_NAME.fullmatch(named):
        raise UsageError(f"key={named!r} is no key of KMS", remedy=f"Give {KEY_FORMS}.")


def look_around(place: Place, named: str = "") -> Known:
    """Looks for bucket and table, and finds out which key is theirs.

    Args:
        place: The backend.
        named: The key as the user names it: ARN, id or alias; `""` takes the bucket's default.

    Raises:
        UsageError: There is no such bucket, table or key, or the key cannot be told from what was named.
        TargetError: Nothing answers.
    """
    if named:
        check_key_name(named)
    _look_for_bucket(place)
    if place.table:
        _look_for_table(place)
    given = _given(place, named) if named else ""
    try:
        rule = _default_rule(place)
    except TargetError as error:
        return Known(given, "" if given else f"the bucket's default could not be read: {error.message}")
    bucket_key = bool(rule.get("BucketKeyEnabled"))
    default = str(rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") or "")
    if not default:
        return Known(given, "" if given else "the bucket's default names none (--key names it)", "", bucket_key)
    try:
        default_key = _arn_of(place, default)
    except TargetError as error:
        why = f"the bucket's default names {default}, and which key that is could not be found out: {error.message}"
        return Known(given, "" if given else why, None, bucket_key)
    return Known(given or default_key, "", default_key, bucket_key)


def _look_for_bucket(place: Place) -> None:
    try:
        place.ask("s3", "head_bucket", Bucket=place.bucket)
    except Refused:
        return  # it is there; what else may be asked will show
    except AwsError as error:
        if error.code in ("404", "NoSuchBucket"):
            raise UsageError(
                f"bucket={place.bucket!r} does not exist", remedy="Is the account the right one?"
            ) from None
        raise


def _look_for_table(place: Place) -> None:
    """Before the walk: a name that is not right must not be found out after hours."""
    try:
        place.ask("dynamodb", "describe_table", TableName=place.table)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise UsageError(f"table={place.table!r} does not exist", remedy="Are account and region right?") from None
        # Refused, or broken for now: the checks of the table say so, and the objects can be looked at.


def _default_rule(place: Place) -> dict[str, Any]:
    try:
        answer = place.ask("s3", "get_bucket_encryption", Bucket=place.bucket)
    except AwsError as error:
        if error.code == "ServerSideEncryptionConfigurationNotFoundError":
            return {}
        raise
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    return dict(rules[0]) if rules else {}


def _given(place: Place, named: str) -> str:
    """The ARN of the key that the user named."""
    try:
        return _arn_of(place, named, confirm=True)
    except TargetError as error:
        if isinstance(error, AwsError) and error.code in ("NotFoundException", "InvalidArnException"):
            raise UsageError(f"key={named!r} does not exist", remedy="Are account and region right?") from None
        if _KEY_ARN.fullmatch(named):
            return named  # it is what objects are compared with, whoever may describe it
        raise UsageError(
            f"key={named!r}: which key that is could not be found out: {error.message}",
            remedy="Give the key's ARN, or allow kms:DescribeKey.",
        ) from None


def _arn_of(place: Place, named: str, *, confirm: bool = False) -> str:
    """The ARN of a key.

    Args:
        place: The backend.
        named: ARN, id or alias.
        confirm: Whether KMS is asked for a key ARN too, which needs no answer.

    Raises:
        TargetError: KMS does not say.
    """
    if _KEY_ARN.fullmatch(named) and not confirm:
        return named
    arn = str(place.ask("kms", "describe_key", KeyId=named).get("KeyMetadata", {}).get("Arn", ""))
    if not arn:
        raise TargetError("kms describe_key names no key")
    return arn
