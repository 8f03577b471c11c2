# What a role or user needs to run Terraform on this backend. docs/permissions.md says why each action is here.

locals {
  # The three statements as this project documents them, in jsonencode because aws_iam_policy_document sorts actions.
  documented_statements = [
    {
      Sid      = "AllowS3StateAccess"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
      Resource = [local.bucket_arn, "${local.bucket_arn}/*"]
    },
    {
      Sid      = "AllowDynamoDBLockAccess"
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"]
      Resource = [local.lock_table_arn]
    },
    {
      Sid      = "AllowKMSAccess"
      Effect   = "Allow"
      Action   = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = [aws_kms_key.tf_state.arn]
    },
  ]

  documented_policy_json = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.documented_statements : statement if statement.Sid != "AllowDynamoDBLockAccess" || local.use_lock_table]
  })

  # Where states are: with a prefix also in every other workspace, <workspace_key_prefix>/<workspace>/<state key>.
  state_prefix      = coalesce(var.state_key_prefix, "-")
  whole_bucket      = var.state_key_prefix == null
  workspaces_arn    = "${local.bucket_arn}/${var.workspace_key_prefix}/*"
  state_object_arns = local.whole_bucket ? ["${local.bucket_arn}/*"] : ["${local.bucket_arn}/${local.state_prefix}*", "${local.workspaces_arn}/${local.state_prefix}*"]
  # Terraform refuses to delete the workspace `default`, so no other state object is ever deleted.
  workspace_object_arns = local.whole_bucket ? [local.workspaces_arn] : ["${local.workspaces_arn}/${local.state_prefix}*"]
  # Those of other workspaces are covered by the line above.
  lock_file_arns = local.whole_bucket ? ["${local.bucket_arn}/*.tflock"] : ["${local.bucket_arn}/${local.state_prefix}*.tflock"]

  # A lock's row is <bucket>/<state key>, its digest's the same with -md5 at the end, which the first pair covers as well.
  # Without the digest's, Terraform loses its check for stale states with no more than a line in its debug log.
  lock_rows   = ["${var.bucket_name}/${local.state_prefix}*", "${var.bucket_name}/${var.workspace_key_prefix}/*/${local.state_prefix}*"]
  digest_rows = [for row in local.lock_rows : "${row}-md5"]
}

data "aws_iam_policy_document" "read_write" {
  # Without a condition on s3:prefix: without a usable ListBucket S3 answers 403 instead of 404 for a state that does not
  # exist yet, and the first init fails. Whether a conditioned one is enough for the 404 is not settled.
  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  # AbortMultipartUpload: a failed upload above 5 MiB otherwise leaves its parts behind.
  statement {
    sid       = "ReadAndWriteStates"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = local.state_object_arns
  }

  statement {
    sid       = "DeleteWorkspaces"
    actions   = ["s3:DeleteObject"]
    resources = local.workspace_object_arns
  }

  dynamic "statement" {
    for_each = local.use_lockfile ? ["s3"] : []

    content {
      sid       = "ReleaseLockFiles"
      actions   = ["s3:DeleteObject"]
      resources = local.lock_file_arns
    }
  }

  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.tf_state.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.kms_via_s3
    }
  }

  dynamic "statement" {
    for_each = local.use_lock_table ? ["dynamodb"] : []

    content {
      sid       = "UseLockTable"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
      resources = [local.lock_table_arn]

      # ForAllValues is true of a request without the key: the guard refuses that.
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
      dynamic "condition" {
        for_each = local.whole_bucket ? [] : ["prefix"]

        content {
          test     = "ForAllValues:StringLike"
          variable = "dynamodb:LeadingKeys"
          values   = local.lock_rows
        }
      }

      dynamic "condition" {
        for_each = local.whole_bucket ? [] : ["prefix"]

        content {
          test     = "Null"
          variable = "dynamodb:LeadingKeys"
          values   = ["false"]
        }
      }
    }
  }

  # Unsettled, not superfluous: what DynamoDB asks of the caller of a table with a customer managed key could not be
  # observed. These are the actions AWS documents for principals that use such a table, without kms:CreateGrant, which
  # belongs to whoever attaches the key to the table.
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
  dynamic "statement" {
    for_each = local.use_lock_table ? ["dynamodb"] : []

    content {
      sid = "UseKeyThroughDynamoDB"
      actions = [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
      ]
      resources = [aws_kms_key.tf_state.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_via_dynamodb
      }
    }
  }
}

# init, output, show, state list, state pull, terraform_remote_state and plan -lock=false. A plan that locks writes.
data "aws_iam_policy_document" "read_only" {
  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject"]
    resources = local.state_object_arns
  }

  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.tf_state.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.kms_via_s3
    }
  }

  # Only the digest is read. Without it everything still works, but a stale state goes unnoticed.
  dynamic "statement" {
    for_each = local.use_lock_table ? ["dynamodb"] : []

    content {
      sid       = "ReadDigests"
      actions   = ["dynamodb:GetItem"]
      resources = [local.lock_table_arn]

      dynamic "condition" {
        for_each = local.whole_bucket ? [] : ["prefix"]

        content {
          test     = "ForAllValues:StringLike"
          variable = "dynamodb:LeadingKeys"
          values   = local.digest_rows
        }
      }

      dynamic "condition" {
        for_each = local.whole_bucket ? [] : ["prefix"]

        content {
          test     = "Null"
          variable = "dynamodb:LeadingKeys"
          values   = ["false"]
        }
      }
    }
  }

  # Unsettled, as above; here only the two actions of that list that cannot encrypt anything.
  dynamic "statement" {
    for_each = local.use_lock_table ? ["dynamodb"] : []

    content {
      sid       = "UseKeyThroughDynamoDB"
      actions   = ["kms:Decrypt", "kms:DescribeKey"]
      resources = [aws_kms_key.tf_state.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_via_dynamodb
      }
    }
  }
}

resource "aws_iam_policy" "tf_state" {
  count = var.iam_policy == null ? 0 : 1

  name        = var.iam_policy.name
  path        = var.iam_policy.path
  description = coalesce(var.iam_policy.description, "Run Terraform with its state in s3://${var.bucket_name}")
  policy      = data.aws_iam_policy_document.read_write.json
  tags        = var.tags
}
