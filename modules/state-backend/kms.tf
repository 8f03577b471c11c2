# One key for the state objects and the lock table. No count: everything else hangs on it.
resource "aws_kms_key" "tf_state" {
  description             = "Terraform state in s3://${var.bucket_name}"
  enable_key_rotation     = true
  rotation_period_in_days = var.kms_rotation_period_days
  deletion_window_in_days = var.kms_deletion_window_days
  # bypass_policy_lockout_safety_check stays off, and is no variable: it is what lets a policy lock everybody out.
  policy = data.aws_iam_policy_document.kms_key.json
  tags   = var.tags
}

resource "aws_kms_alias" "tf_state" {
  name          = local.kms_key_alias
  target_key_id = aws_kms_key.tf_state.key_id
}

data "aws_iam_policy_document" "kms_key" {
  # Unlike other resource policies, a key policy does not trust the account by itself. Without this statement IAM policies
  # grant nothing on the key, and once the principals named below are deleted nobody can ever use or mend it.
  # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
  statement {
    sid       = "EnableAccountRoot"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  # AWS's own list for key administrators: no cryptographic action. (They may write themselves any grant or policy.)
  # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators
  dynamic "statement" {
    for_each = length(var.kms_administrator_arns) > 0 ? [var.kms_administrator_arns] : []

    content {
      sid = "KeyAdministrators"
      actions = [
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Revoke*",
        "kms:Disable*",
        "kms:Get*",
        "kms:Delete*",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:RotateKeyOnDemand",
      ]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }

  # AWS's list for key users without the grant actions: reading and writing state and locks creates no grant. Who attaches
  # the key to the lock table does need kms:CreateGrant; that is whoever applies this module, not who uses the backend.
  dynamic "statement" {
    for_each = length(var.kms_user_arns) > 0 ? [var.kms_user_arns] : []

    content {
      sid = "KeyUsers"
      actions = [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
      ]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}
