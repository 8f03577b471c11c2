resource "aws_s3_bucket_policy" "tf_state" {
  bucket = aws_s3_bucket.tf_state.bucket
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.tf_state]

  lifecycle {
    # Here and not in the variable's validation, because the documents may be unknown until apply. Without it the
    # statement would be dropped without a word: on equal Sids the module's own statement wins.
    precondition {
      condition     = length(local.clashing_sids) == 0
      error_message = "bucket_policy_documents: the Sid(s) ${join(", ", local.clashing_sids)} belong to the module's own statements and cannot be replaced. Give your statement another Sid."
    }
  }
}

locals {
  own_sids = [
    "DenyInsecureTransport",
    "DenyOutdatedTLS",
    "DenyUnsupportedEncryptionAlgorithm",
    "DenyOtherEncryptionKey",
    "DenyKMSWithoutKeyId",
    "DenyCustomerProvidedKey",
    "DenyMissingEncryptionHeader",
  ]

  # Statement may be one object or a list of them.
  callers_statements = flatten([for document in var.bucket_policy_documents : [jsondecode(document).Statement]])
  clashing_sids      = sort(distinct([for statement in local.callers_statements : statement.Sid if contains(local.own_sids, try(statement.Sid, ""))]))
}

# A negated operator is also true when its key is missing from the request, with or without IfExists. Each "named, and wrong"
# statement therefore pairs it with Null = false, "the header is there": a write that names no encryption is not denied and
# gets the bucket's default, which is this module's key.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
data "aws_iam_policy_document" "bucket" {
  source_policy_documents = var.bucket_policy_documents

  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "DenyOutdatedTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }

  # AES256 is what Terraform writes with encrypt = true and no kms_key_id: it would silently bypass the bucket's key.
  # aws:kms:dsse is refused as well, it cannot use a bucket key.
  statement {
    sid       = "DenyUnsupportedEncryptionAlgorithm"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["false"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }
  }

  # The full key ARN is the one supported form. See the README for what a key id or an alias in the header does.
  statement {
    sid       = "DenyOtherEncryptionKey"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = ["false"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = [aws_kms_key.tf_state.arn]
    }
  }

  # aws:kms without a key id takes the AWS managed key aws/s3 by the S3 API reference, the bucket's key by the user guide's
  # page on default encryption. Denied, it is safe whichever holds.
  statement {
    sid       = "DenyKMSWithoutKeyId"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = ["true"]
    }
  }

  # SSE-C: a key that only the writer knows. Nobody else could read the state, and no KMS permission would guard it.
  statement {
    sid       = "DenyCustomerProvidedKey"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-customer-algorithm"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.strict_encryption_headers ? ["strict"] : []

    content {
      sid       = "DenyMissingEncryptionHeader"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${local.bucket_arn}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Null"
        variable = "s3:x-amz-server-side-encryption"
        values   = ["true"]
      }
    }
  }
}
