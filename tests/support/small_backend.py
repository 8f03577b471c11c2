"""A small state backend that is none of ours, sound, and with holes that can be made in it one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["HOLES", "write_backend"]

SOUND: Final = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

data "aws_caller_identity" "me" {}

locals {
  bucket_arn = "arn:aws:s3:::small-states"
}

resource "aws_kms_key" "states" {
  enable_key_rotation     = true
  rotation_period_in_days = 365
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Root"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "states" {
  name          = "alias/small-states"
  target_key_id = aws_kms_key.states.key_id
}

resource "aws_s3_bucket" "states" {
  bucket     = "small-states"
  depends_on = [aws_kms_key.states]
}

resource "aws_s3_bucket_versioning" "states" {
  bucket = aws_s3_bucket.states.bucket
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "states" {
  bucket = aws_s3_bucket.states.bucket
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.states.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "states" {
  bucket                  = aws_s3_bucket.states.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "states" {
  bucket = aws_s3_bucket.states.bucket
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
  depends_on = [aws_s3_bucket_policy.states]
}

resource "aws_s3_bucket_lifecycle_configuration" "states" {
  bucket = aws_s3_bucket.states.bucket
  rule {
    id     = "old"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      newer_noncurrent_versions = 5
      noncurrent_days           = 30
    }
    expiration {
      expired_object_delete_marker = true
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id     = "locks"
    status = "Enabled"
    filter {
      prefix = "terraform.tfstate.tflock"
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }
  depends_on = [aws_s3_bucket_versioning.states]
}

resource "aws_s3_bucket_policy" "states" {
  bucket     = aws_s3_bucket.states.bucket
  depends_on = [aws_s3_bucket_public_access_block.states]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for sid, condition in {
        PlainHTTP = { Bool = { "aws:SecureTransport" = "false" } }
        OldTLS    = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        } : {
        Sid       = sid
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = condition
      }],
      [for sid, condition in {
        OtherAlgorithm = {
          Null            = { "s3:x-amz-server-side-encryption" = "false" }
          StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
        }
        OtherKey = {
          Null         = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
          ArnNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.states.arn }
        }
        NoKey = {
          StringEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
          Null         = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "true" }
        }
        OwnKey = {
          Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" }
        }
        } : {
        Sid       = sid
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = condition
      }],
    )
  })
}

output "bucket_name" {
  value = aws_s3_bucket.states.bucket
}

output "kms_key_arn" {
  value = aws_kms_key.states.arn
}

output "backend_config" {
  value = {
    bucket       = aws_s3_bucket.states.bucket
    key          = "terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    kms_key_id   = aws_kms_key.states.arn
    use_lockfile = true
  }
}

output "backend_config_hcl" {
  value = <<-EOT
    bucket       = "${aws_s3_bucket.states.bucket}"
    key          = "terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    kms_key_id   = "${aws_kms_key.states.arn}"
    use_lockfile = true
  EOT
}

output "documented_policy_json" {
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "AllowS3StateAccess"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
        Resource = [local.bucket_arn, "${local.bucket_arn}/*"]
      },
      {
        Sid      = "AllowKMSAccess"
        Effect   = "Allow"
        Action   = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.states.arn]
      },
    ]
  })
}
"""
"""With lock files, with names of its own, in one file."""

HOLES: Final[dict[str, tuple[str, str, str]]] = {
    "one flag of four": ("ignore_public_acls      = true", "ignore_public_acls      = false", "public-access-block"),
    "old TLS": (
        'NumericLessThan = { "s3:TlsVersion" = "1.2" }',
        'NumericLessThan = { "s3:TlsVersion" = "1.0" }',
        "policy-outdated-tls",
    ),
    "no rotation": (
        "enable_key_rotation     = true\n  rotation_period_in_days = 365",
        "enable_key_rotation     = false",
        "key-rotation",
    ),
    "a policy that reads everything": (
        'Resource = [local.bucket_arn, "${local.bucket_arn}/*"]\n      },',
        'Resource = ["*"]\n      },',
        "output-documented-policy",
    ),
    "a key that can go before its bucket": (
        '  bucket     = "small-states"\n  depends_on = [aws_kms_key.states]',
        '  bucket = "small-states"',
        # And a destroy that is refused has taken the key already.
        "creation-order destroy-refused",
    ),
}
"""By name: what is written, what is written instead, and the checks that must say so."""


def write_backend(folder: Path, *holes: str) -> Path:
    """Writes the backend, with these holes in it."""
    text = SOUND
    for hole in holes:
        old, new, _ = HOLES[hole]
        assert text.count(old) == 1, hole
        text = text.replace(old, new)
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return folder
