"""The module broken on purpose, one thing at a time, and what must be said about each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfproof.checks import Layer

__all__ = ["MUTANTS", "Mutant", "write_mutants"]

Edit = Callable[[str], str]


@dataclass(frozen=True)
class Mutant:
    """One thing broken in the module.

    Attributes:
        name: What is broken.
        file: The file it is broken in.
        edit: Breaks the file's text.
        checks: The checks that must fail, and no others.
        layer: The first layer at which one of them fails.
        line: A piece of the line that must be pointed at, or `""` when what was there is gone.
    """

    name: str
    file: str
    edit: Edit
    checks: frozenset[str]
    layer: Layer
    line: str = ""


def replacing(old: str, new: str) -> Edit:
    """Replaces the one occurrence of a text; a text that is not there, or twice, is a mistake in the test."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        return text.replace(old, new)

    return edit


def first(old: str, new: str) -> Edit:
    """Replaces the first occurrence of a text."""

    def edit(text: str) -> str:
        assert old in text, f"{old!r} does not occur"
        return text.replace(old, new, 1)

    return edit


def removing(pattern: str) -> Edit:
    """Removes the one match of a pattern, over lines."""

    def edit(text: str) -> str:
        changed, count = re.subn(pattern, "", text, flags=re.DOTALL | re.MULTILINE)
        assert count == 1, f"{pattern!r} matches {count} times"
        return changed

    return edit


def switching_off(attribute: str) -> Edit:
    """Turns the one `attribute = true` into false."""

    def edit(text: str) -> str:
        changed, count = re.subn(rf"({attribute} +)= true", r"\1= false", text)
        assert count == 1, f"{attribute} is switched on {count} times"
        return changed

    return edit


def removing_resource(address: str) -> Edit:
    """Removes a resource's whole block."""
    kind, name = address.split(".")
    return removing(rf'^resource "{kind}" "{name}" {{.*?^}}\n')


def removing_statement(sid: str) -> Edit:
    """Removes a policy statement, by its Sid."""
    return removing(rf'^  statement {{\n    sid +=? "{sid}".*?^  }}\n')


def _mutant(name: str, file: str, edit: Edit, checks: str, layer: Layer, line: str = "") -> Mutant:  # noqa: PLR0917  # a table reads best in columns
    return Mutant(name, file, edit, frozenset(checks.split()), layer, line)


_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration.tf_state"
_STATEMENTS = {
    "DenyInsecureTransport": "policy-insecure-transport",
    "DenyOutdatedTLS": "policy-outdated-tls",
    "DenyUnsupportedEncryptionAlgorithm": "policy-encryption-algorithm",
    "DenyOtherEncryptionKey": "policy-encryption-key",
    "DenyKMSWithoutKeyId": "policy-kms-without-key",
    "DenyCustomerProvidedKey": "policy-customer-key",
}
_ALLOW_ALL = """  statement {
    sid       = "Everybody"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

"""
_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "encryption-removed",
        "bucket.tf",
        removing_resource(_ENCRYPTION),
        "bucket-encryption bucket-encryption-key bucket-key written-object objects-encrypted output-kms-key-arn",
        Layer.PLAN,
    ),
    _mutant(
        "encryption-aes256",
        "bucket.tf",
        replacing(
            'sse_algorithm     = "aws:kms"\n      kms_master_key_id = aws_kms_key.tf_state.arn',
            'sse_algorithm = "AES256"',
        ),
        "bucket-encryption bucket-encryption-key written-object objects-encrypted output-kms-key-arn",
        Layer.PLAN,
        'sse_algorithm = "AES256"',
    ),
    _mutant(
        "encryption-another-key",
        "bucket.tf",
        lambda text: (
            replacing("kms_master_key_id = aws_kms_key.tf_state.arn", "kms_master_key_id = aws_kms_key.b.arn")(text)
            + 'resource "aws_kms_key" "b" {}\n'
        ),
        "bucket-encryption-key written-object objects-encrypted output-kms-key-arn",
        Layer.STATE,
        "kms_master_key_id = aws_kms_key.b.arn",
    ),
    _mutant(
        "bucket-key-off",
        "bucket.tf",
        replacing("bucket_key_enabled = true", "bucket_key_enabled = false"),
        "bucket-key written-object",
        Layer.PLAN,
        "bucket_key_enabled = false",
    ),
    _mutant(
        "versioning-suspended",
        "bucket.tf",
        replacing('status = "Enabled"', 'status = "Suspended"'),
        "bucket-versioning",
        Layer.PLAN,
        'status = "Suspended"',
    ),
    *(
        _mutant(
            f"{flag.replace('_', '-')}-off",
            "bucket.tf",
            switching_off(flag),
            "public-access-block",
            Layer.PLAN,
            flag,
        )
        for flag in _FLAGS
    ),
    *(
        _mutant(f"no-{check}", "bucket_policy.tf", removing_statement(sid), check, Layer.STATE, "policy = data.")
        for sid, check in _STATEMENTS.items()
    ),
    _mutant(
        "tls-condition-inverted",
        "bucket_policy.tf",
        replacing(
            'variable = "aws:SecureTransport"\n      values   = ["false"]',
            'variable = "aws:SecureTransport"\n      values   = ["true"]',
        ),
        "policy-insecure-transport policy-outdated-tls policy-right-write",
        Layer.STATE,
        "statement {",
    ),
    _mutant(
        "tls-for-one-account",
        "bucket_policy.tf",
        first(
            'type        = "*"\n      identifiers = ["*"]',
            'type        = "AWS"\n      identifiers = [local.account_id]',
        ),
        "policy-insecure-transport",
        Layer.STATE,
        "policy = data.",
    ),
    _mutant(
        "policy-for-everybody",
        "bucket_policy.tf",
        first(
            '  statement {\n    sid       = "DenyInsecureTransport"',
            f'{_ALLOW_ALL}  statement {{\n    sid       = "DenyInsecureTransport"',
        ),
        "policy-not-public",
        Layer.STATE,
        "policy = data.",
    ),
    _mutant(
        "rotation-off",
        "kms.tf",
        replacing(
            "enable_key_rotation     = true\n  rotation_period_in_days = var.kms_rotation_period_days",
            "enable_key_rotation = false",
        ),
        "key-rotation",
        Layer.PLAN,
        "enable_key_rotation = false",
    ),
    _mutant(
        "recovery-off",
        "lock_table.tf",
        replacing("recovery {\n    enabled = true", "recovery {\n    enabled = false"),
        "lock-table-recovery",
        Layer.PLAN,
        "enabled = false",
    ),
    _mutant(
        "table-encryption-off",
        "lock_table.tf",
        replacing("enabled     = true\n    kms_key_arn = aws_kms_key.tf_state.arn", "enabled = false"),
        "lock-table-encryption output-kms-key-arn",
        Layer.PLAN,
        "enabled = false",
    ),
    _mutant(
        "deletion-protection-off",
        "lock_table.tf",
        replacing(
            "deletion_protection_enabled = var.lock_table_deletion_protection", "deletion_protection_enabled = false"
        ),
        "lock-table-deletion-protection",
        Layer.PLAN,
        "deletion_protection_enabled = false",
    ),
    _mutant(
        "wrong-hash-key",
        "lock_table.tf",
        lambda text: text.replace('"LockID"', '"LockId"'),
        "lock-table-key",
        Layer.PLAN,
        'hash_key                    = "LockId"',
    ),
    _mutant(
        "output-elsewhere",
        "outputs.tf",
        replacing(
            'the lock table."\n  value       = aws_kms_key.tf_state.arn',
            'the lock table."\n  value       = aws_s3_bucket.tf_state.arn',
        ),
        "output-kms-key-arn",
        Layer.STATE,
        "value       = aws_s3_bucket.tf_state.arn",
    ),
    _mutant(
        "output-another-bucket",
        "outputs.tf",
        replacing("value       = aws_s3_bucket.tf_state.arn", 'value       = "arn:aws:s3:::elsewhere"'),
        "output-names",
        Layer.STATE,
        'value       = "arn:aws:s3:::elsewhere"',
    ),
    _mutant(
        "backend-config-without-key",
        "outputs.tf",
        replacing('["bucket", "key", "region", "encrypt", "kms_key_id"]', '["bucket", "key", "region", "encrypt"]'),
        "output-backend-config",
        Layer.PLAN,
        "value       = { for name in",
    ),
    _mutant(
        "no-account-root",
        "kms.tf",
        replacing('iam::${local.account_id}:root"', 'iam::${local.account_id}:user/somebody"'),
        "key-policy-root key-policy-grants",
        Layer.PLAN,
        "policy = data.",
    ),
    _mutant(
        "force-destroy",
        "bucket.tf",
        replacing("force_destroy = var.force_destroy", "force_destroy = true"),
        "bucket-force-destroy",
        Layer.PLAN,
        "force_destroy = true",
    ),
    _mutant(
        "ownership-preferred",
        "bucket.tf",
        replacing('"BucketOwnerEnforced"', '"BucketOwnerPreferred"'),
        "object-ownership",
        Layer.PLAN,
        "object_ownership",
    ),
)


def write_mutants(module: Path, folder: Path, run_id: str) -> Path:
    """Writes a copy of the module for each mutant, and a root module that calls every one of them.

    Their buckets carry the run's id: names of buckets are one space for all runs at a shared target.

    Twenty-odd broken modules cost one plan and one apply that way. The slow lifecycle configuration is left out: none
    of these breaks it.
    """
    calls = ['provider "aws" {}\n']
    for mutant in MUTANTS:
        copy = folder / mutant.name
        shutil.copytree(module, copy, ignore=shutil.ignore_patterns("examples", "*.md"))
        # What depends on a resource that is gone must not break the module for another reason.
        text = mutant.edit((copy / mutant.file).read_text(encoding="utf-8"))
        (copy / mutant.file).write_text(text, encoding="utf-8")
        if mutant.name == "encryption-removed":
            table = copy / "lock_table.tf"
            text = table.read_text(encoding="utf-8").replace(f"    {_ENCRYPTION},\n", "")
            table.write_text(text, encoding="utf-8")
        name = mutant.name.replace("-", "_")
        calls.append(
            f'module "{name}" {{\n  source = "./{mutant.name}"\n  bucket_name = "tfproof-{mutant.name}-{run_id}"\n'
            f"  lifecycle_enabled = false\n}}\n"
            f'output "{name}" {{\n  value = module.{name}\n}}\n'
        )
    (folder / "main.tf").write_text("\n".join(calls), encoding="utf-8")
    return folder
