locals {
  # Decided on objects, never on an ARN: the ARN of a role or bucket from the same configuration is unknown at plan time,
  # and count must be known. Not with try() either, which is unknown as soon as a part of its argument is.
  replicate               = var.replication != null
  create_replication_role = var.replication == null ? false : var.replication.role == null

  replication_role_arn = local.create_replication_role ? aws_iam_role.replication[0].arn : try(var.replication.role.arn, null)

  # A role's name has at most 64 characters, a bucket's 63: a long one is cut and kept apart by a hash.
  replication_role_name = length(var.bucket_name) <= 52 ? "${var.bucket_name}-replication" : "${substr(var.bucket_name, 0, 43)}-${substr(sha256(var.bucket_name), 0, 8)}-replication"

  replica_region = try(split(":", var.replication.destination_kms_key_arn)[3], "")
}

resource "aws_s3_bucket_replication_configuration" "tf_state" {
  count = local.replicate ? 1 : 0

  bucket = aws_s3_bucket.tf_state.bucket
  role   = local.replication_role_arn

  rule {
    id       = "all-objects"
    priority = 1
    status   = "Enabled"

    filter {}

    # A released lock and a deleted workspace are delete markers. Not replicated, the copy would show a lock that is held
    # for ever. Deleted versions are never replicated.
    delete_marker_replication {
      status = "Enabled"
    }

    # Without this S3 skips, silently, every object that is encrypted with KMS: here, all of them.
    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket        = var.replication.destination_bucket_arn
      storage_class = var.replication.storage_class

      encryption_configuration {
        replica_kms_key_id = var.replication.destination_kms_key_arn
      }
    }
  }

  # S3 refuses replication on a bucket that is not versioned; and the role must be able to work before it is named.
  depends_on = [
    aws_iam_role_policy.replication,
    aws_s3_bucket_versioning.tf_state,
  ]
}

resource "aws_iam_role" "replication" {
  count = local.create_replication_role ? 1 : 0

  name                 = local.replication_role_name
  description          = "Lets S3 replicate the Terraform state bucket ${var.bucket_name}"
  assume_role_policy   = data.aws_iam_policy_document.replication_trust[0].json
  permissions_boundary = var.replication.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "replication" {
  count = local.create_replication_role ? 1 : 0

  name   = "replicate-state"
  role   = aws_iam_role.replication[0].name
  policy = data.aws_iam_policy_document.replication[0].json
}

# No aws:SourceArn or aws:SourceAccount condition: AWS's documentation shows the trust policy of live replication without
# one and does not say that S3 sends these keys there; were they missing, nothing would ever be replicated, silently.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
data "aws_iam_policy_document" "replication_trust" {
  count = local.create_replication_role ? 1 : 0

  statement {
    sid     = "LetS3Replicate"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

# The encryption context is the bucket's ARN with a bucket key and the object's without one; old objects keep theirs. Both
# are accepted, or nothing is replicated (aws-ia/terraform-aws-control_tower_account_factory#639).
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
data "aws_iam_policy_document" "replication" {
  count = local.create_replication_role ? 1 : 0

  statement {
    sid       = "ReadReplicationConfiguration"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    sid = "ReadSourceVersions"
    actions = [
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${local.bucket_arn}/*"]
  }

  statement {
    sid = "WriteReplicas"
    actions = [
      "s3:ReplicateObject",
      "s3:ReplicateDelete",
      "s3:ReplicateTags",
    ]
    resources = ["${var.replication.destination_bucket_arn}/*"]
  }

  statement {
    sid       = "DecryptSource"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.tf_state.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.kms_via_s3
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.bucket_arn, "${local.bucket_arn}/*"]
    }
  }

  # Encrypt is what AWS documents for replicas; a destination with a bucket key also takes GenerateDataKey, and Decrypt to
  # verify the bucket key before using it.
  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"]
    resources = [var.replication.destination_kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = distinct(["s3.${local.replica_region}.${local.dns_suffix}", "s3.${local.replica_region}.amazonaws.com"])
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.replication.destination_bucket_arn, "${var.replication.destination_bucket_arn}/*"]
    }
  }
}
