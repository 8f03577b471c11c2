"""What a state shows by itself: its history, its shape, and what is secret in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tfproof.audit.secret_detector import secrets_among
from tfproof.audit.state_scan import StateScan
from tfproof.checks.check import Check
from tfproof.checks.finding import Answer, Finding, Layer, Verdict

__all__ = ["STATE_CHECKS", "StateVersion", "history_findings", "settings_findings", "state_findings"]

SECRETS: Final = Check(
    id="state-secrets",
    section="state",
    title="No secret stands in the state that Terraform does not know to be one",
    reason="A state keeps every value in clear. What is not marked sensitive is also printed by plan, show and "
    "output, and lands in CI logs.",
)
TAINTED: Final = Check(
    id="state-tainted",
    section="state",
    title="Nothing in the state is tainted",
    reason="The next apply replaces what is tainted, whoever runs it and whatever for: a database too.",
)
DEPOSED: Final = Check(
    id="state-deposed",
    section="state",
    title="The state holds nothing that a failed replacement left over",
    reason="Deposed objects run, cost and hold data; the next apply deletes them, without a word in the configuration.",
)
REPEATED: Final = Check(
    id="state-addresses",
    section="state",
    title="Every address stands in the state once",
    reason="Of two objects at one address Terraform manages one. The other is nobody's, and which is which is chance.",
)
PROVIDERS: Final = Check(
    id="state-providers",
    section="state",
    title="Every resource names a provider that can be found",
    reason="Without its provider a resource can be neither refreshed nor destroyed; every plan fails.",
)
HISTORY: Final = Check(
    id="state-history",
    section="state",
    title="Serials only grow, and the lineage stays",
    reason="A serial that goes back is a state that was overwritten by an older one: what was made in between is "
    "forgotten. Another lineage is another configuration's state.",
    references=("hashicorp/terraform internal/states/statemgr",),
)
SETTINGS: Final = Check(
    id="backend-settings",
    section="state",
    title="The backend's settings use the bucket's key, and lock",
    reason="With `encrypt = true` and no `kms_key_id` Terraform asks for AES256 and so bypasses the key of the bucket; "
    "`kms_key_id` without `encrypt` is ignored without a word.",
    references=("hashicorp/terraform internal/backend/remote-state/s3/client.go", "hashicorp/terraform#20369"),
)
STATE_CHECKS: Final = (SECRETS, TAINTED, DEPOSED, REPEATED, PROVIDERS, HISTORY, SETTINGS)

_HOSTS: Final = ("registry.terraform.io/", "registry.opentofu.org/", "terraform.io/builtin/")
_SHOWN: Final = 200
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class StateVersion:
    """What tells versions of a state apart.

    Attributes:
        name: Which one, for people.
        serial: Its serial.
        lineage: Its lineage.
    """

    name: str
    serial: int
    lineage: str


def state_findings(scan: StateScan, *, secrets: bool = True) -> list[Finding]:
    """What the checks of a single state answer."""
    found = [
        *_listed(TAINTED, scan.tainted, "not tainted", "tainted"),
        *_listed(DEPOSED, scan.deposed, "no deposed object", "a deposed object"),
        *_listed(REPEATED, scan.repeated, "once", "twice or more"),
        *_all(PROVIDERS, _providers(scan)),
    ]
    if secrets and scan.values is not None:
        found += _all(SECRETS, _secrets(scan))
    return found


def history_findings(versions: Iterable[StateVersion]) -> list[Finding]:
    """What the versions of one state show, oldest first; nothing for fewer than two."""
    listed = list(versions)
    if len(listed) < 2:  # noqa: PLR2004
        return []
    answers = []
    for before, after in itertools.pairwise(listed):
        if before.lineage and after.lineage and before.lineage != after.lineage:
            expected = f"the lineage of {before.name}"
            answers.append(Answer(Verdict.FAILED, after.name, "lineage", expected, "another lineage"))
        elif after.serial < before.serial:
            expected = f"{before.serial} or more, as in {before.name}"
            answers.append(Answer(Verdict.FAILED, after.name, "serial", expected, str(after.serial)))
    last = listed[-1]
    passed = Answer(Verdict.PASSED, last.name, "serial", "growing serials, one lineage", f"{len(listed)} versions")
    return [HISTORY.finding(Layer.STATE, answer) for answer in answers or [passed]]


def settings_findings(body: Mapping[str, Any], name: str) -> list[Finding]:
    """What the backend settings in a working folder (`.terraform/terraform.tfstate`) mean for the state."""
    backend = body.get("backend")
    if not isinstance(backend, dict) or backend.get("type") != "s3":
        return []
    config = backend.get("config")
    answers = list(_settings(config if isinstance(config, dict) else {}, name))
    return [SETTINGS.finding(Layer.STATE, answer) for answer in answers]


def _settings(config: Mapping[str, Any], name: str) -> Iterator[Answer]:
    encrypt, key = config.get("encrypt") is True, bool(config.get("kms_key_id"))
    found = f"encrypt is {'true' if encrypt else 'not true'}, kms_key_id is {'given' if key else 'not given'}"
    expected = "encrypt and kms_key_id together, or neither"
    subject = f"{name} backend.config"
    if encrypt and not key:
        found += ": states are written with AES256, whatever the bucket's default"
    elif key and not encrypt:
        found += ": kms_key_id is ignored"
    yield Answer(Verdict.PASSED if encrypt is key else Verdict.FAILED, subject, "kms_key_id", expected, found)
    locks = bool(config.get("dynamodb_table")) or config.get("use_lockfile") is True
    told = "a lock" if locks else "neither: two runs at once overwrite each other's state"
    expected = "use_lockfile or dynamodb_table"
    yield Answer(Verdict.PASSED if locks else Verdict.FAILED, subject, "use_lockfile", expected, told)
    kept = [word for word in ("access_key", "secret_key", "token", "sse_customer_key") if config.get(word)]
    told = f"{', '.join(kept)} in clear" if kept else "none"
    verdict = Verdict.FAILED if kept else Verdict.PASSED
    yield Answer(verdict, subject, kept[0] if kept else "", "no credential in the settings", told)


def _listed(check: Check, addresses: list[str], expected: str, found: str) -> list[Finding]:
    answers = [Answer(Verdict.FAILED, address, "", expected, found, address) for address in addresses[:_SHOWN]]
    if len(addresses) > _SHOWN:
        more = f"{len(addresses) - _SHOWN} more at least"
        answers.append(Answer(Verdict.FAILED, "the state", "", expected, f"{found}: {more}"))
    return _all(check, answers)


def _all(check: Check, answers: Iterable[Answer]) -> list[Finding]:
    made = list(answers) or [Answer(Verdict.PASSED, "the state", "", "none found", "none")]
    return [check.finding(Layer.STATE, answer) for answer in made]


def _providers(scan: StateScan) -> Iterator[Answer]:
    expected = "a provider's full address, of a public registry"
    for name, count in sorted(scan.providers.items()):
        source = _source(name)
        if not source:
            yield Answer(Verdict.FAILED, f"{count} resources", "provider", expected, "none that can be read")
        elif "/-/" in source:
            found = f"{source}: from Terraform 0.12, never upgraded (`terraform state replace-provider`)"
            yield Answer(Verdict.FAILED, f"{count} resources", "provider", expected, found)
        elif not source.startswith(_HOSTS):
            found = f"{source}: not of a public registry, so this check cannot say whether it can be had"
            yield Answer(Verdict.UNDECIDED, f"{count} resources", "provider", expected, found)


def _source(name: str) -> str:
    """`hashicorp/aws` with its host, of `module.a.provider["registry.terraform.io/hashicorp/aws"].alias`."""
    _, _, rest = name.partition('provider["')
    return rest.partition('"]')[0] if rest else ""


def _secrets(scan: StateScan) -> Iterator[Answer]:
    marked = 0
    unmarked: list[tuple[str, Any]] = []
    for kind, candidate in secrets_among(scan.values.found if scan.values is not None else {}):
        if candidate.marked:
            marked += 1
        else:
            unmarked.append((kind, candidate))
    for kind, candidate in unmarked[:_SHOWN]:
        address, path = candidate.places[0]
        more = f", in {candidate.count} places" if candidate.count > 1 else ""
        yield Answer(Verdict.FAILED, address, path, "no secret in clear", f"(redacted) {kind}{more}", address)
    if len(unmarked) > _SHOWN:
        yield Answer(Verdict.FAILED, "the state", "", "no secret in clear", f"{len(unmarked) - _SHOWN} more")
    if not unmarked:
        found = f"none unmarked; {marked} marked sensitive, which the state keeps in clear all the same"
        yield Answer(Verdict.PASSED, "the state", "", "no secret that is not marked sensitive", found)
