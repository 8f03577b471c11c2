"""Evidence of a proof and of an audit with everything in it that a report can show."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from documents import as_bytes, change, plan, resource, state, state_bucket

from tfproof import cli
from tfproof.report.model import FORMAT_VERSION

__all__ = ["audited", "proved"]

KEY = "arn:aws:kms:us-east-1:123456789012:key/31074a2f-ea62-42f5-880e-83b33cb2c1a1"
_OPERATIONS = ("init", "plan", "apply", "destroy", "workspace new")
_ACTIONS = ("s3:GetObject", "s3:PutObject", "dynamodb:PutItem", "kms:Decrypt", "kms:DescribeKey")


def audited(folder: Path, root: Path) -> dict[str, Any]:
    """The evidence of an audit of a plan and a state with faults, pointing at the module's own source."""
    strong = {"versioning_configuration": [{"status": "Enabled"}]}
    weak = {"versioning_configuration": [{"status": "Suspended"}]}
    policy = {"bucket": "acme-tfstate", "policy": '{"Version": "2012-10-17", "Statement": []}'}
    changes = [
        change("aws_s3_bucket_versioning.tf_state", strong, weak),
        change("aws_kms_key.tf_state", {"deletion_window_in_days": 7}, None),
        change("aws_s3_bucket_policy.tf_state", policy, {"bucket": "acme-tfstate"}, after_unknown={"policy": True}),
    ]
    tainted = resource('aws_instance.<b onmouseover="x()">', {"id": "i-1"}, status="tainted")
    (folder / "plan.json").write_bytes(as_bytes(plan(changes)))
    (folder / "acme.tfstate").write_bytes(as_bytes(state([state_bucket(), tainted])))
    output = folder / "evidence.json"
    files = [str(folder / "plan.json"), str(folder / "acme.tfstate")]
    source = str(root / "modules" / "state-backend")
    with contextlib.redirect_stdout(io.StringIO()):
        cli.main(["audit", *files, "--source", source, "--format", "json", "--output", str(output)])
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def proved(folder: Path, root: Path) -> dict[str, Any]:
    """The evidence of a proof, its checks those of an audit, with states that were written and a permission table."""
    return {
        **{
            name: value
            for name, value in audited(folder, root).items()
            if name in ("checks", "notes", "tfproof", "made")
        },
        "format_version": FORMAT_VERSION,
        "kind": "proof",
        "verdict": "failed",
        "seconds": 82.4,
        "module": "modules/state-backend",
        "module_copy": "as released in tfproof 0.1.0",
        "proved": False,
        "complete": True,
        "target": {"kind": "embedded", "description": "moto 5.2.5 at 127.0.0.1:40187"},
        "terraform": "terraform 1.11.4",
        "providers": "registry.terraform.io",
        "steps": [{"name": "apply", "seconds": 69.8, "detail": "10 added"}],
        "interventions": ["deletion protection of the table was switched off"],
        "backend_use": {
            "lock_mode": "dynamodb",
            "too_old": None,
            "principal": "arn:aws:iam::123456789012:role/terraform",
            "states": [_state("encrypt and kms_key_id"), _refused()],
            "operations": {},
            "actions": {},
            "without_one_action": [{"policy": "documented", "tried": 25, "cells": _cells()}],
        },
    }


def _state(setting: str) -> dict[str, Any]:
    statement = {"action": "s3:PutObject", "resource": "*", "basis": "observed", "statements": ["AllowS3StateAccess"]}
    written = {"key": "env/terraform.tfstate", "algorithm": "aws:kms", "kms_key": KEY, "bucket_key": True}
    return {
        "setting": setting,
        "asked_for": f"aws:kms {KEY}",
        "refused": False,
        "reason": "",
        "message": "",
        "caller": "arn:aws:iam::123456789012:role/terraform",
        "bucket": "acme-tfstate",
        "allowed_by": [statement],
        "objects": [written, {**written, "key": "env/terraform.tfstate.tflock"}],
    }


def _refused() -> dict[str, Any]:
    reason = "explicitDeny: s3:PutObject: denied by DenyUnsupportedEncryptionAlgorithm"
    return {
        **_state("encrypt alone"),
        "asked_for": "AES256",
        "refused": True,
        "reason": reason,
        "allowed_by": [],
        "objects": [],
    }


def _cells() -> list[dict[str, Any]]:
    bases = ("observed", "modelled", "unsettled", "not called")
    marks = ("F+L", "S", "u", ".")
    return [
        {
            "lock_mode": "dynamodb",
            "operation": operation,
            "action": action,
            "called": 0 if (row + column) % 4 == 3 else 2,
            "basis": bases[(row + column) % 4],
            "marks": marks[(row + column) % 4],
            "problems": [f"refused: {action}"] if (row + column) % 4 == 0 else [],
            "message": "",
        }
        for row, operation in enumerate(_OPERATIONS)
        for column, action in enumerate(_ACTIONS)
    ]
