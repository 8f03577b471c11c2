"""What a target is: a place where a module can be applied."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

__all__ = ["Target"]


@runtime_checkable
class Target(Protocol):
    """A place where a module is applied."""

    @property
    def kind(self) -> str:
        """`embedded`, `localstack` or `aws`."""
        ...

    @property
    def endpoint(self) -> str:
        """URL that all AWS calls go to; `""` on a real account."""
        ...

    @property
    def region(self) -> str:
        """Region of the run."""
        ...

    @property
    def account_id(self) -> str:
        """Account everything is made in."""
        ...

    @property
    def description(self) -> str:
        """What it is and where, for people: `moto 5.2.5 at 127.0.0.1:40187`."""
        ...

    def environment(self) -> dict[str, str]:
        """The environment variables that lead Terraform and its provider to this target."""
        ...

    def client(self, service: str) -> Any:
        """A boto3 client of a service at this target, whatever the caller's own AWS settings are."""
        ...

    def check_alive(self) -> None:
        """Sees that it can still be reached; raises TargetError when it cannot."""
        ...

    @property
    def owner_tag(self) -> tuple[str, str] | None:
        """Name and value of the tag on all that this run makes; None where the whole account is its own."""
        ...

    def owns(self, tags: object) -> bool:
        """Whether tags, as a state has them, are of something that this run has made and may throw away."""
        ...

    def leftovers(self) -> list[str]:
        """What still exists of what a run may have made, by name; empty after a complete destroy.

        KMS keys that are pending deletion do not count: AWS deletes no key at once.
        """
        ...

    def stop(self) -> None:
        """Ends what was started for this target; safe to call twice."""
        ...
