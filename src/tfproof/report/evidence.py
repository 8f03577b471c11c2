"""The evidence of a proof as JSON: what was found, and what it rests on."""

from __future__ import annotations

from typing import Any

from tfproof.backend_use.encryption import WrittenState
from tfproof.backend_use.permissions import PermissionTable
from tfproof.backend_use.trial import Trial
from tfproof.backend_use.use import BackendUse
from tfproof.checks.finding import Verdict
from tfproof.proof.coverage import AttributeCoverage
from tfproof.proof.proof import CheckResult, Proof
from tfproof.report.backend_use import call_counts
from tfproof.report.chain import allowed_by
from tfproof.report.failure import Locate
from tfproof.report.model import check_entry, finding_entry, head

__all__ = ["evidence"]


def evidence(proof: Proof, locate: Locate | None = None) -> dict[str, Any]:
    """Everything a proof found, without a secret: values of checks are redacted where they are made.

    Args:
        proof: The proof.
        locate: Finds the source lines of what failed.
    """
    return {
        **head("proof", "passed" if proof.proved else "failed", proof.seconds),
        "module": proof.module,
        "module_copy": str(proof.module_copy) if proof.module_copy is not None else None,
        "proved": proof.proved,
        "complete": proof.complete,
        "target": {"kind": proof.target_kind, "description": proof.target},
        "terraform": proof.terraform,
        "providers": proof.providers,
        "steps": [
            {"name": step.name, "seconds": round(step.seconds, 1), "detail": step.detail} for step in proof.steps
        ],
        "checks": [_check(result, locate) for result in proof.results],
        "interventions": list(proof.interventions),
        "notes": list(proof.notes),
        "planned_attributes": _coverage(proof.coverage) if proof.coverage is not None else None,
        "backend_use": _use(proof.use) if proof.use is not None else None,
    }


def _coverage(coverage: AttributeCoverage) -> list[dict[str, Any]]:
    """Each planned attribute, with the checks that looked at it."""
    looked_at = {place: sorted(checks) for place, checks in coverage.looked_at.items()}
    return [
        {"type": kind, "attribute": path, "looked_at_by": looked_at.get((kind, path), [])}
        for kind, path in sorted({*looked_at, *coverage.ignored})
    ]


def _check(result: CheckResult, locate: Locate | None) -> dict[str, Any]:
    findings = [
        # Only for what somebody is going to look at: each look reads the sources.
        finding_entry(item, locate=locate if item.verdict is not Verdict.PASSED else None)
        for item in result.findings
    ]
    return check_entry(result.check, result.outcome.value, findings)


def _use(use: BackendUse) -> dict[str, Any]:
    return {
        "lock_mode": use.lock_mode,
        "too_old": use.too_old or None,
        "principal": use.role,
        "states": [_state(use, written) for written in use.written],
        "operations": {
            policy: {name: _trial(trial) for name, trial in trials.items()}
            for policy, trials in (
                ("documented", use.documented),
                ("documented, as a user", use.as_user),
                ("read-write", use.read_write),
                ("read-only", use.read_only),
            )
            if trials
        },
        "actions": {
            action: {"basis": basis, "calls": counts}
            for action, (counts, basis) in (call_counts(use.documented).items() if use.documented else ())
        },
        "without_one_action": [_table(table) for table in use.tables],
    }


def _state(use: BackendUse, written: WrittenState) -> dict[str, Any]:
    refused = written.calls.refused
    return {
        "setting": written.setting,
        "asked_for": written.header,
        "refused": written.is_refused,
        "reason": str(refused[0].reason) if len(refused) else "",
        "message": written.message,
        "caller": written.caller,
        "bucket": written.bucket,
        "allowed_by": allowed_by(use, written),
        "objects": [
            {
                "key": version.key,
                "algorithm": version.algorithm,
                "kms_key": version.kms_key,
                "bucket_key": version.bucket_key,
            }
            for version in written.versions
        ],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "exit_code": trial.ran.exit_code,
        "problems": list(trial.problems),
        "message": trial.message,
        "warnings": list(trial.ran.warnings),
        "calls": dict(sorted(trial.calls.operations.items())),
        "refused": [f"{call.service}:{call.operation}: {call.reason}" for call in trial.calls.refused],
    }


def _table(table: PermissionTable) -> dict[str, Any]:
    return {
        "policy": table.policy,
        "tried": table.tried,
        "cells": [
            {
                "lock_mode": cell.lock_mode,
                "operation": cell.operation,
                "action": cell.action,
                "called": cell.called,
                "basis": cell.basis.value if cell.basis is not None else "not called",
                "marks": cell.marks,
                "problems": list(cell.problems),
                "message": cell.message,
            }
            for cell in table.cells
        ],
        "other_encryption_settings": {name: _trial(trial) for name, trial in table.extra.items()},
    }
