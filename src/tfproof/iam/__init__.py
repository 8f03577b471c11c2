"""An IAM policy simulator that answers as AWS does: pure Python, no network, no Terraform.

    from tfproof.iam import simulate_custom_policy

    answer = simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:GetObject"], ResourceArns=[arn])

`PolicySet` and `Request` give a `Decision`, which says why. What is simulated, and where AWS's documents conflict or
are silent: `docs/iam-fidelity.md`.
"""

from tfproof.iam.attached import AttachedPolicy, IamClient, PrincipalPolicies, principal_policies
from tfproof.iam.decision import Decision, Effect, Layer
from tfproof.iam.errors import (
    IamError,
    InvalidInput,
    MalformedPolicyDocument,
    NoSuchEntity,
    PolicyEvaluation,
    ValidationError,
)
from tfproof.iam.evaluate import PolicySet, evaluate
from tfproof.iam.explain import StatementVerdict, explain
from tfproof.iam.policy import Document, PolicyKind, Statement
from tfproof.iam.principal import get_context_keys_for_principal_policy, simulate_principal_policy
from tfproof.iam.principal_context import principal_context
from tfproof.iam.problems import Problem
from tfproof.iam.request import Request
from tfproof.iam.simulator import get_context_keys_for_custom_policy, simulate_custom_policy
from tfproof.iam.validate import validate

__all__ = [
    "AttachedPolicy",
    "Decision",
    "Document",
    "Effect",
    "IamClient",
    "IamError",
    "InvalidInput",
    "Layer",
    "MalformedPolicyDocument",
    "NoSuchEntity",
    "PolicyEvaluation",
    "PolicyKind",
    "PolicySet",
    "PrincipalPolicies",
    "Problem",
    "Request",
    "Statement",
    "StatementVerdict",
    "ValidationError",
    "evaluate",
    "explain",
    "get_context_keys_for_custom_policy",
    "get_context_keys_for_principal_policy",
    "principal_context",
    "principal_policies",
    "simulate_custom_policy",
    "simulate_principal_policy",
    "validate",
]
