"""Enough of the AWS CLI for the commands of docs/runbook.md, so that the tests need no other tool than Terraform.

As in the CLI itself, operations and options come from botocore's models, and `--query` is JMESPath. Not here:
pagination settings, waiters, shorthand syntax, and every high-level command but `s3 cp s3://BUCKET/KEY -`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]  # it publishes no types
from botocore import xform_name

__all__ = ["main"]

_SERVICES = {"s3api": "s3"}


def main(arguments: list[str]) -> int:
    """Runs one command and prints its answer."""
    service, operation, *rest = arguments
    client = boto3.client(_SERVICES.get(service, service))
    if (service, operation) == ("s3", "cp"):
        source, destination = rest
        assert destination == "-", "only to standard output"
        bucket, _, key = source.removeprefix("s3://").partition("/")
        sys.stdout.buffer.write(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        return 0
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    options, files = _parsed(rest, model.input_shape.members)
    query, output = options.pop("--query", None), options.pop("--output", "json")
    answer = getattr(client, method)(**options)
    answer.pop("ResponseMetadata", None)
    for file in files:
        Path(file).write_bytes(answer.pop("Body").read())
    _show(jmespath.search(query, answer) if query else answer, output)
    return 0


def _parsed(arguments: list[str], members: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    names = {f"--{xform_name(name, '-')}": (name, shape.type_name) for name, shape in members.items()}
    options: dict[str, Any] = {}
    files = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--query", "--output"):
            options[argument] = next(rest)
        elif argument.startswith("--"):
            name, kind = names[argument]
            value = next(rest)
            options[name] = json.loads(value) if kind in ("structure", "map", "list") else value
        else:
            files.append(argument)
    return options, files


def _show(answer: Any, output: str) -> None:
    if output == "text":
        rows = answer if isinstance(answer, list) else [answer]
        if rows and not isinstance(rows[0], list):
            rows = [rows]
        print("\n".join("\t".join(str(cell) for cell in row) for row in rows))  # noqa: T201  # a command line's answer
    elif answer:
        print(json.dumps(answer, indent=4, default=str))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
