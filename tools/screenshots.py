"""Makes the pictures of the README: the HTML report of a proof, and an audit on a terminal.

tfproof prove modules/state-backend --var bucket_name=x --depth full --evidence full.json
python tools/screenshots.py --evidence full.json

Needs a Chromium (the system's is found on PATH) and the packages of requirements/test.in.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI

from tfproof.audit.audited import audit_bytes
from tfproof.audit.baseline import Baseline
from tfproof.audit.catalogue import Choice
from tfproof.report.audit_evidence import AuditEvidence
from tfproof.report.audit_terminal import print_evidence
from tfproof.report.formats import render
from tfproof.report.model import read_evidence
from tfproof.report.threshold import Threshold

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_WIDE: Final = 118
_BUCKET: Final = "acme-terraform-state"


def main() -> int:
    """Writes docs/images/report.png, report-dark.png and terminal.png."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--evidence", type=Path, required=True, help="evidence of a proof at full depth")
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    evidence = read_evidence(options.evidence.read_text(encoding="utf-8"), str(options.evidence))
    # Not where it happened to be made.
    evidence |= {"module": "modules/state-backend", "providers": "registry.terraform.io"}
    with _browser() as browser, tempfile.TemporaryDirectory() as place:
        page = Path(place) / "report.html"
        page.write_text(render(evidence, "html"), encoding="utf-8")
        for scheme, name in (("light", "report.png"), ("dark", "report-dark.png")):
            _shoot_report(browser, page, options.into / name, scheme)
        terminal = Path(place) / "terminal.html"
        terminal.write_text(_terminal(), encoding="utf-8")
        shown = browser.new_page(viewport={"width": 1060, "height": 100})
        shown.goto(terminal.as_uri())
        shown.screenshot(path=options.into / "terminal.png", full_page=True)
    return 0


def _shoot_report(browser: Browser, page: Path, into: Path, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1320, "height": 1000}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(page.as_uri())
    if scheme == "dark":
        # The permission tables, with the reason of a cell.
        shown.locator(".grid").first.locator("td").nth(0).focus()
        for key in ("ArrowDown",) * 7 + ("ArrowRight",) * 4:
            shown.keyboard.press(key)
        shown.evaluate("document.getElementById('permissions').scrollIntoView()")
    shown.screenshot(path=into)
    context.close()


@contextmanager
def _browser() -> Iterator[Browser]:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=found, args=arguments)
        yield started
        started.close()


def _terminal() -> str:
    """An audit of a state as there are many: a KMS bucket that writers with `encrypt = true` alone bypass, and more."""
    gathered = AuditEvidence("audit", choice=Choice(), baseline=Baseline(), threshold=Threshold())
    gathered.add(audit_bytes(json.dumps(_state()).encode(), "acme.tfstate"))
    console = Console(record=True, file=io.StringIO(), width=_WIDE, force_terminal=True, color_system="truecolor")
    console.print("[bold]$ tfproof audit acme.tfstate[/bold]", highlight=False)
    print_evidence(gathered.evidence(0.1), console)
    lines = console.export_html(theme=MONOKAI, inline_styles=True, code_format="{code}").splitlines()
    # Its beginning and its end: the failures in full make a picture nobody reads.
    kept = [*lines[:46], "...", *lines[-22:]]
    style = "margin:0;padding:18px 22px;background:#101418;color:#e6edf3;font:14px/1.35 monospace;white-space:pre-wrap"
    return (
        f'<!doctype html><meta charset="utf-8"><body style="margin:0"><pre style="{style}">{chr(10).join(kept)}</pre>'
    )


def _state() -> dict[str, Any]:
    aws = 'provider["registry.terraform.io/hashicorp/aws"]'

    def resource(kind: str, name: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
        instance = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": [], **more}
        return {"mode": "managed", "type": kind, "name": name, "provider": aws, "instances": [instance]}

    key = "arn:aws:kms:eu-west-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1"
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 412,
        "lineage": "8b7ba56e-85a3-2083-4b67-bd24754a887b",
        "outputs": {},
        "resources": [
            resource("aws_s3_bucket", "state", {"bucket": _BUCKET, "arn": f"arn:aws:s3:::{_BUCKET}"}),
            resource(
                "aws_s3_bucket_versioning",
                "state",
                {"bucket": _BUCKET, "versioning_configuration": [{"status": "Enabled"}]},
            ),
            resource(
                "aws_s3_bucket_server_side_encryption_configuration",
                "state",
                {
                    "bucket": _BUCKET,
                    "rule": [{"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}],
                },
            ),
            resource("aws_s3_bucket_public_access_block", "state", {"bucket": _BUCKET, **dict.fromkeys(flags, True)}),
            resource(
                "aws_kms_key",
                "state",
                {
                    "arn": key,
                    "policy": json.dumps({"Statement": [statement]}),
                    "enable_key_rotation": True,
                    "rotation_period_in_days": 365,
                },
            ),
            resource("aws_db_instance", "orders", {"password": "not shown"}, status="tainted"),
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
