"""Problems of policies as tests write them, and the words that many of them share."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ARN",
    "NO_VARIABLES",
    "SID",
    "STATEMENT",
    "SYNTAX",
    "TRUST_STATEMENT",
    "VARIABLE",
    "VENDOR",
    "WARNING",
    "WRITE_ACTION",
    "written",
]

STATEMENT: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
SYNTAX = "Syntax errors in policy."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
NO_VARIABLES = "Policy variables are not expanded."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
VARIABLE = "is no policy variable; write ${key}, or ${$} for a $"
WRITE_ACTION = "write service:Action, such as s3:GetObject"
ARN = "write arn:aws:<service>:<region>:<account>:<name>"
WARNING = "warning"
TRUST_STATEMENT: dict[str, Any] = {
    "Resource": None,
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com"},
}


def written(problem: Any) -> tuple[str, ...]:
    """Path from the statement on (a colon after it where its key is meant), words, remedy, severity if no error."""
    path = [str(step) for step in problem.path]
    where = ".".join(path[2:]) if path[:1] == ["Statement"] else ".".join(path)
    said = (f"{where}:" if problem.on_key is True else where, problem.message, problem.remedy)
    return said if problem.severity == "error" else (*said, problem.severity)
