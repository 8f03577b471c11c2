"""tftest's interface on our runner: for suites that are written for tftest and want to keep their tests.

`plan`, `apply`, `output`, `destroy` and `state_pull` take tftest's arguments and answer with tftest's own view classes.
What goes wrong in tftest's runner does not here: an exit code or signal that was not asked for is an error, both pipes
are drained, variables keep their types and are never logged, plan files do not stay behind, nothing deletes a state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfproof.errors import EnvironmentProblem

if TYPE_CHECKING:
    from tfproof.terraform.workspace import Workspace

__all__ = ["TftestAdapter"]


class TftestAdapter:
    """A workspace with tftest's methods.

    Args:
        workspace: An initialised workspace.

    Raises:
        EnvironmentProblem: tftest is not installed.
    """

    def __init__(self, workspace: Workspace) -> None:
        try:
            import tftest  # noqa: PLC0415  # only those who ask for it need it
        except ImportError as error:
            raise EnvironmentProblem(
                "package='tftest' is not installed", remedy="Install it: pip install tftest."
            ) from error
        self._tftest = tftest
        self._workspace = workspace

    def plan(
        self,
        *,
        refresh: bool = True,
        tf_vars: Mapping[str, Any] | None = None,
        targets: Sequence[str] = (),
        output: bool = False,
    ) -> Any:
        """`terraform plan`: its text, or with `output` a `tftest.TerraformPlanOutput`.

        Raises:
            TerraformError: Any exit code but 0.
        """
        arguments = [*self._arguments(tf_vars, targets), f"-refresh={str(refresh).lower()}"]
        if not output:
            return self._workspace.run("plan", "-no-color", *arguments).stdout
        plan_file = self._workspace.plan_file("tftest")
        try:
            self._workspace.run("plan", "-no-color", f"-out={plan_file}", *arguments)
            return self._tftest.TerraformPlanOutput(self._workspace.show("tftest").document)
        finally:
            plan_file.unlink(missing_ok=True)  # it holds every variable in clear

    def apply(self, *, tf_vars: Mapping[str, Any] | None = None, targets: Sequence[str] = ()) -> str:
        """`terraform apply -auto-approve`: its text.

        Raises:
            TerraformError: Any exit code but 0.
        """
        arguments = self._arguments(tf_vars, targets)
        return self._workspace.run("apply", "-no-color", "-auto-approve", *arguments).stdout

    def destroy(self, *, tf_vars: Mapping[str, Any] | None = None, targets: Sequence[str] = ()) -> str:
        """`terraform destroy -auto-approve`: its text. It runs whenever it is called; nothing is cached.

        Raises:
            TerraformError: Any exit code but 0.
        """
        arguments = self._arguments(tf_vars, targets)
        return self._workspace.run("destroy", "-no-color", "-auto-approve", *arguments).stdout

    def output(self, name: str | None = None) -> Any:
        """`terraform output -json`: one output's value, or all of them as a `tftest.TerraformValueDict`.

        Raises:
            TerraformError: Any exit code but 0, such as for an output that does not exist.
        """
        answer = json.loads(self._workspace.run("output", "-json", *([name] if name else [])).stdout)
        return answer if name else self._tftest.TerraformValueDict(answer)

    def state_pull(self) -> Any:
        """`terraform state pull` as a `tftest.TerraformState`."""
        return self._tftest.TerraformState(self._workspace.state().document)

    def _arguments(self, tf_vars: Mapping[str, Any] | None, targets: Sequence[str]) -> list[str]:
        """Variables go through a private file: typed, and out of every process list and log."""
        arguments = [*self._workspace.variable_arguments, *(f"-target={target}" for target in targets)]
        if tf_vars:
            path = self._workspace.folder / "tftest.tfvars.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(dict(tf_vars)), encoding="utf-8")
            arguments.append(f"-var-file={path}")
        return arguments
