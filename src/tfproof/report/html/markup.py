"""Text and elements of HTML, escaped where they are made."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

__all__ = ["Html", "element", "text"]

Html: TypeAlias = str
"""Markup, as opposed to text that has yet to be escaped."""

_CONTROL: Final = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]")


def text(value: str) -> Html:
    """A text as markup. Characters that HTML cannot hold are shown as replaced."""
    return html.escape(_CONTROL.sub("\ufffd", value), quote=True)


def element(name: str, content: Html, attributes: Mapping[str, str] | None = None) -> Html:
    """An element with its content, which is markup already."""
    given = "".join(f' {key}="{text(value)}"' for key, value in (attributes or {}).items())
    return f"<{name}{given}>{content}</{name}>"
