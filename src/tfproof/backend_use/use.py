"""The module as a backend: what is tried at which depth, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tfproof.backend_use.encryption import ENCRYPTION_SETTINGS, WrittenState, write_state
from tfproof.backend_use.operations import operation_by_name
from tfproof.backend_use.permissions import PermissionTable, permission_table, try_operations
from tfproof.backend_use.trial import Bench, Caller, Trial

__all__ = ["BackendUse", "Depth", "Policies", "lock_mode_of", "lock_modes_of", "use_backend"]

_QUICK: Final = ("init, no state", "plan", "apply", "destroy")


class Depth(StrEnum):
    """How much is tried."""

    NONE = "none"
    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies a module gives its users, as text; None where it has no such output.

    Attributes:
        documented: Output `documented_policy_json`.
        read_write: Output `read_write_policy_json`.
        read_only: Output `read_only_policy_json`.
    """

    documented: str | None = None
    read_write: str | None = None
    read_only: str | None = None


@dataclass
class BackendUse:
    """What came of using a module as a backend.

    Attributes:
        lock_mode: `dynamodb`, `s3`, `both` or `none`, by the backend's settings.
        role: ARN of the role that Terraform was.
        written: States that were written, one for each encryption setting.
        documented: Trials with the documented policy, by operation.
        read_write: Trials with the read-write policy; full depth only.
        read_only: Trials with the read-only policy; full depth only.
        as_user: Trials with the documented policy as a user rather than a role; full depth only.
        tables: Which operation needs which action; full depth only.
        too_old: The Terraform that does not know how the backend locks, and so was not tried; `""` when it does.
    """

    lock_mode: str
    role: str
    written: list[WrittenState] = field(default_factory=list)
    documented: dict[str, Trial] = field(default_factory=dict)
    read_write: dict[str, Trial] = field(default_factory=dict)
    read_only: dict[str, Trial] = field(default_factory=dict)
    as_user: dict[str, Trial] = field(default_factory=dict)
    tables: list[PermissionTable] = field(default_factory=list)
    too_old: str = ""


def lock_mode_of(backend: Mapping[str, Any]) -> str:
    """How a backend with these settings locks."""
    by_table, by_file = bool(backend.get("dynamodb_table")), bool(backend.get("use_lockfile"))
    return {(True, False): "dynamodb", (False, True): "s3", (True, True): "both"}.get((by_table, by_file), "none")


def use_backend(
    bench: Bench,
    backend: Mapping[str, Any],
    policies: Policies,
    *,
    account_id: str,
    depth: Depth,
    progress: Callable[[str], None] = lambda _text: None,
) -> BackendUse:
    """Uses a backend as a role that has the module's own policies, enforced with bucket policy and key policy.

    Args:
        bench: Where it is done.
        backend: The module's output `backend_config`.
        policies: The policies it gives its users.
        account_id: Account of the callers.
        depth: How much is tried.
        progress: Told what is being done.
    """
    partition = str(backend.get("kms_key_id") or "arn:aws:").split(":")[1]
    role = f"arn:{partition}:iam::{account_id}:role/terraform"
    use = BackendUse(lock_mode_of(backend), role)
    if backend.get("use_lockfile") and not bench.terraform.has_native_lock:
        # It would call `use_lockfile` an unknown argument, once for every trial.
        use.too_old = bench.terraform.name
        return use
    if policies.documented is None:
        return use
    caller = Caller(role, (policies.documented,))
    quick = [operation_by_name(name) for name in _QUICK]
    progress("encryption settings")
    with ThreadPoolExecutor(len(ENCRYPTION_SETTINGS), thread_name_prefix="write") as pool:
        use.written += pool.map(lambda setting: write_state(bench, backend, setting, caller), ENCRYPTION_SETTINGS)
    progress("documented policy")
    if depth is Depth.QUICK:
        use.documented = try_operations(bench, backend, caller, quick)
        return use
    use.documented = try_operations(bench, backend, caller)
    _use_fully(use, bench, backend, policies, account_id=account_id, progress=progress)
    return use


def _use_fully(
    use: BackendUse,
    bench: Bench,
    backend: Mapping[str, Any],
    policies: Policies,
    *,
    account_id: str,
    progress: Callable[[str], None],
) -> None:
    documented = policies.documented or ""
    user = use.role.replace(f"{account_id}:role/", f"{account_id}:user/")
    use.as_user = try_operations(bench, backend, Caller(user, (documented,)))
    for name, text, into in (
        ("read-write policy", policies.read_write, use.read_write),
        ("read-only policy", policies.read_only, use.read_only),
    ):
        if text is not None:
            progress(name)
            into.update(try_operations(bench, backend, Caller(use.role, (text,))))

    def table(policy: str, text: str, backends: Mapping[str, Mapping[str, Any]]) -> None:
        use.tables.append(
            permission_table(
                bench,
                backends,
                Caller(use.role, (text,)),
                policy=policy,
                progress=lambda done, of: progress(f"{policy} policy without one action: {done} of {of}"),
            )
        )

    table("documented", documented, lock_modes_of(backend, native=bench.terraform.has_native_lock))
    if policies.read_write is not None:
        table("read-write", policies.read_write, {use.lock_mode: backend})


def lock_modes_of(backend: Mapping[str, Any], *, native: bool = True) -> dict[str, dict[str, Any]]:
    """The settings in every lock mode that this backend can do: those with a table need one.

    Args:
        backend: The settings of the backend.
        native: Whether Terraform knows lock files.
    """
    plain = {name: value for name, value in backend.items() if name not in ("dynamodb_table", "use_lockfile")}
    table = backend.get("dynamodb_table")
    if not native:
        return {"dynamodb": {**plain, "dynamodb_table": table}} if table else {}
    modes = {"s3": {**plain, "use_lockfile": True}}
    if table:
        modes = {
            "dynamodb": {**plain, "dynamodb_table": table},
            **modes,
            "both": {**plain, "dynamodb_table": table, "use_lockfile": True},
        }
    return modes
