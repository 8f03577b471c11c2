"""Fifty secrets of different kinds that open nothing, for planting where they must not come out again."""

from __future__ import annotations

import base64
import random
import string
from typing import Final

__all__ = ["CANARIES"]

_RANDOM: Final = random.Random(20260101)  # noqa: S311  # the same in every run, and no secret at all


def _of(alphabet: str, length: int) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


_ALNUM: Final = string.ascii_letters + string.digits
_UPPER: Final = string.ascii_uppercase + string.digits
_HEX: Final = "0123456789abcdef"


def _jwt() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"canary","n":7}')
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "." + _of(_ALNUM, 43)


def _key(kind: str) -> str:
    # Put together here: no scanner of this repository shall find a private key in it.
    lines = "\n".join(_of(_ALNUM, 64) for _ in range(4))
    return f"-----{'BEGIN'} {kind}-----\n{lines}\n-----END {kind}-----\n"


CANARIES: Final[dict[str, str]] = {
    "aws id": "AKIA" + _of(_UPPER, 16),
    "aws session id": "ASIA" + _of(_UPPER, 16),
    "aws secret": f"aws_secret_access_key = '{_of(_ALNUM, 40)}'",
    "artifactory": "AKC" + _of(_ALNUM, 20),
    "azure storage": "AccountKey=" + _of(_ALNUM, 86) + "==",
    "basic auth": f"postgres://canary:{_of(_ALNUM, 18)}@db.example.com/app",
    "https basic auth": f"https://canary:{_of(_ALNUM, 18)}@registry.example.com",
    "discord": f"M{_of(_ALNUM, 23)}.{_of(_ALNUM, 6)}.{_of(_ALNUM, 27)}",
    "github": "ghp_" + _of(_ALNUM, 36),
    "github app": "ghs_" + _of(_ALNUM, 36),
    "gitlab": "glpat-" + _of(_ALNUM, 20),
    "gitlab deploy": "gldt-" + _of(_ALNUM, 24),
    "ibm iam": f"ibm_cloud_iam_api_key: {_of(_ALNUM, 44)}",
    "jwt": _jwt(),
    "mailchimp": _of(_HEX, 32) + "-us12",
    "npm": f"//registry.example.com/:_authToken=npm_{_of(_ALNUM, 36)}",
    "openai": f"sk-{_of(_ALNUM, 20)}T3BlbkFJ{_of(_ALNUM, 20)}",
    "rsa key": _key("RSA PRIVATE KEY"),
    "ec key": _key("EC PRIVATE KEY"),
    "openssh key": _key("OPENSSH PRIVATE KEY"),
    "pkcs8 key": _key("PRIVATE KEY"),
    "pgp key": _key("PGP PRIVATE KEY BLOCK"),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + _of(_ALNUM, 80),
    "sendgrid": f"SG.{_of(_ALNUM, 22)}.{_of(_ALNUM, 43)}",
    "slack": f"xoxb-{_of(string.digits, 12)}-{_of(string.digits, 12)}-{_of(string.ascii_lowercase, 24)}",
    "slack hook": f"https://hooks.slack.com/services/T{_of(_UPPER, 9)}/B{_of(_UPPER, 9)}/{_of(_ALNUM, 24)}",
    "square": "sq0csp-" + _of(_ALNUM, 43),
    "stripe": "sk_live_" + _of(_ALNUM, 24),
    "stripe restricted": "rk_live_" + _of(_ALNUM, 24),
    "telegram": f"{_of('123456789', 10)}:{_of(_ALNUM, 35)}",
    "twilio": "SK" + _of(_HEX, 32),
    "twilio account": "AC" + _of(_HEX, 32),
    "softlayer": f"softlayer_api_key={_of(_HEX, 64)}",
    "cloudant": f"https://canary:{_of(_HEX, 64)}@canary.cloudant.com",
    # What no pattern knows: only where they stand says that they are secret.
    **{f"password {number}": _of(_ALNUM + "-_.!", 14 + number % 9) for number in range(8)},
    **{f"phrase {number}": " ".join(_of(string.ascii_lowercase, 7) for _ in range(4)) for number in range(4)},
    "unicode": "pässwörd-" + _of(_ALNUM, 12) + "-密码",
    "quoted": "q\"u\\o'ted<&>" + _of(_ALNUM, 14),
    "lines": f"first-{_of(_ALNUM, 12)}\nsecond-{_of(_ALNUM, 12)}",
    "hex": _of(_HEX, 64),
}
