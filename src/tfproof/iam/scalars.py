"""Reads the typed values of conditions: numbers, dates, booleans, addresses, base64. Each reader answers None for a
text that is not of its type; nothing here raises.
"""  # noqa: D205  one sentence, two lines

from __future__ import annotations

import base64
import binascii
import re
import socket
from decimal import Decimal
from typing import NamedTuple, TypeAlias

__all__ = ["Network", "Number", "read_address", "read_binary", "read_bool", "read_date", "read_network", "read_number"]

Number: TypeAlias = "int | Decimal"

_SHORT = re.compile(r"[+-]?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]{1,6})?\Z")
_DATE = re.compile(
    r"([+-]?[0-9]{4,9})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z"
)
_EPOCH = re.compile(r"([+-]?)([0-9]{1,18})(?:\.([0-9]{1,9}))?\Z")
_YEAR = re.compile(r"[0-9]{4}\Z")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NANO = 1_000_000_000


def read_number(text: str) -> Number | None:
    """The exact value of a decimal number (10 == 10.0, R60), None for anything else ("10abc")."""
    if _SHORT.match(text):
        return int(text)
    return Decimal(text) if _NUMBER.match(text) else None


def read_bool(text: str) -> str | None:
    """The words "true" or "false" of a boolean in any case (R62), None for anything else."""
    folded = text.lower()
    return folded if folded in ("true", "false") else None


def read_date(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 date, or of epoch seconds (R60); None for anything else.

    Four digits are a year (W3C's shortest form), any other plain number is seconds; without an offset it is UTC.
    """
    if not _YEAR.match(text):
        epoch = _EPOCH.match(text)
        if epoch is not None:
            nanoseconds = int(epoch[2]) * _NANO + int((epoch[3] or "").ljust(9, "0"))
            return -nanoseconds if epoch[1] == "-" else nanoseconds
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (
        int(match[i] or default) for i, default in enumerate((0, 1, 1, 0, 0, 0), 1)
    )
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last_second, offset = 60, _offset(match[8])
    if not 1 <= month <= len(_DAYS) or not 1 <= day <= _DAYS[month - 1] or (month, day, leap) == (2, 29, False):
        return None
    if hour > 23 or minute > 59 or second > last_second or offset is None:  # noqa: PLR2004  clock limits
        return None
    days = _days_since_1970(year, month, day)
    fraction = int((match[7] or "0").ljust(9, "0"))
    return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * _NANO + fraction


def _offset(text: str | None) -> int | None:
    if text is None or text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0  # noqa: PLR2004  "+02"
    if hours > 23 or minutes > 59:  # noqa: PLR2004  clock limits
        return None
    return (hours * 60 + minutes) * (-1 if text[0] == "-" else 1)


def _days_since_1970(year: int, month: int, day: int) -> int:
    """Days of the proleptic Gregorian calendar; the months are counted from March so that a leap day comes last."""
    year -= month <= 2  # noqa: PLR2004  January and February
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1  # noqa: PLR2004
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


class Network(NamedTuple):
    """An address range: `version` 4 or 6, `prefix` the address's leading bits, `shift` how many bits follow them."""

    version: int
    prefix: int
    shift: int


def read_address(text: str) -> tuple[int, int] | None:
    """(4 or 6, value) of an IP address; IPv6 is compared by value, not by spelling (R61)."""
    try:
        if ":" in text:
            return 6, int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
        return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
    except (OSError, ValueError):  # ValueError: NUL or a lone surrogate in the text
        return None


def read_network(text: str) -> Network | None:
    """A CIDR range, or an address as a range of one (R61); host bits are ignored."""
    base, slash, bits = text.partition("/")
    address = read_address(base)
    if address is None:
        return None
    version, value = address
    width = 32 if version == 4 else 128  # noqa: PLR2004  IP versions
    length = width
    if slash:
        if not (bits.isascii() and bits.isdigit() and len(bits) <= 3 and int(bits) <= width):  # noqa: PLR2004
            return None
        length = int(bits)
    return Network(version, value >> (width - length), width - length)


def read_binary(text: str) -> bytes | None:
    """The bytes of a base64 text (R63), None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
