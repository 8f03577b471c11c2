"""`tfproof iam` under a parser of the tests' own, and a policy to ask it about."""

from __future__ import annotations

import argparse

from tfproof.iam.command import add_commands

__all__ = ["KEY", "POLICY", "run"]

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "AllowKMSAccess", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY},
        {
            "Sid": "Calls",
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {
                "ForAllValues:StringEquals": {"aws:CalledVia": ["a", "b"]},
                "Null": {"aws:CalledVia": "false"},
            },
        },
    ],
}


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser)
    options = parser.parse_args([str(argument) for argument in arguments])
    return int(options.command(options))
