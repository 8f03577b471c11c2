"""One request with all that is known around it: makes the needs of it, with the condition keys that every need has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tfproof.gateway.http import HttpRequest
from tfproof.gateway.needs.need import Basis, Need
from tfproof.gateway.needs.surroundings import Surroundings
from tfproof.gateway.needs.unmapped import UnmappedOperation
from tfproof.gateway.recognition.credential import Credential, read_credential
from tfproof.gateway.recognition.operation import Operation
from tfproof.iam.arn import account_of, read_arn
from tfproof.iam.request import ContextValue

__all__ = ["Situation", "dns_suffix", "partition_of"]

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}


def partition_of(region: str) -> str:
    """The partition of a region, `aws` for one that is not known."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def dns_suffix(partition: str) -> str:
    """The suffix of service names in a partition."""
    return _SUFFIXES.get(partition, "amazonaws.com")


@dataclass(frozen=True)
class Situation:
    """A request, the operation in it, and what is known of the target and the caller.

    Attributes:
        operation: What is asked.
        request: How it was asked.
        surroundings: What is known of the target.
        principal: Condition keys of the caller.
        now: The time of the request.
    """

    operation: Operation
    request: HttpRequest
    surroundings: Surroundings
    principal: Mapping[str, ContextValue]
    now: datetime

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The operation's parameters."""
        return self.operation.parameters

    @property
    def region(self) -> str:
        """The operation's region."""
        return self.operation.region

    @cached_property
    def partition(self) -> str:
        """The partition of the operation's region."""
        return partition_of(self.operation.region)

    @cached_property
    def credential(self) -> Credential:
        """How the request is signed."""
        return read_credential(self.request.headers, self.request.parameters)

    # -- parameters of the kind that is expected --------------------------------------------------------------------

    def unmapped(self, reason: str) -> UnmappedOperation:
        """The error to raise when the needs cannot be told."""
        return UnmappedOperation(self.operation.service, self.operation.name, reason)

    def text(self, name: str, *, within: Mapping[str, Any] | None = None) -> str:
        """A parameter that must be text.

        Raises:
            UnmappedOperation: It is missing, empty, or no text.
        """
        value = (self.parameters if within is None else within).get(name)
        if not isinstance(value, str) or not value:
            raise self.unmapped(f"parameter {name} is missing or no text")
        return value

    def optional_text(self, name: str) -> str:
        """A parameter that is text when it is there, else `""`.

        Raises:
            UnmappedOperation: It is there, and no text.
        """
        return self.text(name) if self.parameters.get(name) not in (None, "") else ""

    def members(self, name: str, *, within: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A parameter that is a structure when it is there, else an empty one.

        Raises:
            UnmappedOperation: It is there, and no structure.
        """
        value = (self.parameters if within is None else within).get(name)
        if value is not None and not isinstance(value, dict):
            raise self.unmapped(f"parameter {name} is no structure")
        return value or {}

    def items(self, name: str, *, within: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """A parameter that is a list of structures when it is there, else an empty one.

        Raises:
            UnmappedOperation: It is there, and no list of structures.
        """
        value = (self.parameters if within is None else within).get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.unmapped(f"parameter {name} is no list of structures")
        return value

    # -- ARNs -------------------------------------------------------------------------------------------------------

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing of the target's account in the operation's region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.surroundings.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a thing of the target's account that belongs to no region."""
        return f"arn:{self.partition}:{service}::{self.surroundings.account_id}:{resource}"

    def s3_arn(self, path: str) -> str:
        """The ARN of a bucket, or of `bucket/key`."""
        return f"arn:{self.partition}:s3:::{path}"

    # -- needs ------------------------------------------------------------------------------------------------------

    def need(
        self,
        action: str,
        resource: str,
        context: Mapping[str, ContextValue] | None = None,
        *,
        source: str = "",
        basis: Basis | None = None,
    ) -> Need:
        """An action that the caller needs for what they ask; modelled when a source is named, else observed.

        Args:
            action: In AWS's spelling.
            resource: ARN or `*`.
            context: Its condition keys beyond those that every request has.
            source: The AWS document that asks for it.
            basis: How it is known, where the source alone does not tell.

        Raises:
            UnmappedOperation: The resource is no ARN: a parameter that should hold one holds something else.
        """
        keys = {**self._direct, **self._owner(resource), **(context or {})}
        return Need(action, resource, keys, basis or (Basis.MODELLED if source else Basis.OBSERVED), source)

    def implied(
        self,
        action: str,
        resource: str,
        context: Mapping[str, ContextValue],
        *,
        source: str,
        basis: Basis = Basis.MODELLED,
    ) -> Need:
        """An action of a call that a service makes in the caller's name; arguments and errors as of `need`."""
        keys = {**self._carried, **self._owner(resource), **context}
        return Need(action, resource, keys, basis, source, implied=True)

    def via(self, service: str) -> str:
        """`kms:ViaService` of the calls of a service, such as `s3.eu-west-1.amazonaws.com`.

        Whether the China partition has `.com` or `.com.cn` there, AWS's documents leave open; this is the partition's
        own suffix.
        """
        return f"{service}.{self.region}.{dns_suffix(self.partition)}"

    def _owner(self, resource: str) -> dict[str, ContextValue]:
        if resource == "*":
            return {}
        if read_arn(resource) is None:
            # The service refuses it before any policy is asked.
            raise self.unmapped(f"{resource[:80]!r} is no ARN")
        # A bucket's ARN has no account; everything at the target belongs to one.
        return {"aws:ResourceAccount": account_of(resource) or self.surroundings.account_id}

    @cached_property
    def _carried(self) -> dict[str, ContextValue]:
        """Keys that the calls of a service in the caller's name have too.

        Not aws:SourceIp, aws:SecureTransport and aws:UserAgent: those would be the service's.
        """
        return {
            **self.principal,
            "aws:RequestedRegion": self.region,
            "aws:CurrentTime": self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": int(self.now.timestamp()),
        }

    @cached_property
    def _direct(self) -> dict[str, ContextValue]:
        keys: dict[str, ContextValue] = {
            **self._carried,
            "aws:SecureTransport": self.request.secure,
            "aws:SourceIp": self.request.client,
        }
        for name, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
            if header in self.request.headers:
                keys[name] = self.request.headers[header]
        return keys
