"""The naming rules of general purpose buckets, stated again, apart from the module: from the S3 User Guide."""

from __future__ import annotations

import string

from hypothesis import strategies as st

__all__ = ["is_valid", "names"]

_ALLOWED = frozenset(string.ascii_lowercase + string.digits + ".-")
_ENDS = frozenset(string.ascii_lowercase + string.digits)
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_valid(name: str) -> bool:
    """Whether S3 takes it as the name of a general purpose bucket."""
    if not 3 <= len(name) <= 63 or not set(name) <= _ALLOWED:
        return False
    if name[0] not in _ENDS or name[-1] not in _ENDS or ".." in name:
        return False
    parts = name.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdigit() for part in parts):
        return False
    return not name.startswith(_PREFIXES) and not name.endswith(_SUFFIXES)


def names() -> st.SearchStrategy[str]:
    """Names near the border between valid and not, where a rule that is a little wrong shows."""
    inner = st.text(string.ascii_lowercase + string.digits + ".-", min_size=1, max_size=70)
    stranger = st.text(string.ascii_letters + string.digits + ".-_ /äß\n", max_size=66)
    addresses = st.lists(st.integers(0, 999).map(str), min_size=3, max_size=5).map(".".join)
    middles = st.text(string.ascii_lowercase + "-", min_size=1, max_size=20)
    return st.one_of(
        inner,
        stranger,
        addresses,
        st.tuples(st.sampled_from(_PREFIXES), middles).map("".join),
        st.tuples(middles, st.sampled_from(_SUFFIXES)).map("".join),
        st.integers(1, 66).map(lambda length: "a" * length),
    )
