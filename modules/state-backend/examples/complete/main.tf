# Everything switched on, with the names of the project that this module was written for. Buckets are unique in the whole
# partition: change the names before you apply it to a real account.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "state_backend" {
  source = "../.."

  bucket_name     = "terraform-state-cloud-app"
  lock_table_name = "terraform-locks"
  lock_mode       = "both"

  kms_key_alias            = "alias/terraform-state-cloud-app"
  kms_deletion_window_days = 30
  kms_rotation_period_days = 180
  kms_administrator_arns   = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]

  noncurrent_versions_to_keep  = 30
  noncurrent_version_days      = 180
  abort_incomplete_upload_days = 3

  # The policy's attribute, not the bucket's: logging is switched on only once the grant is there.
  access_logging = {
    bucket = aws_s3_bucket_policy.logs.bucket
    prefix = "state/"
  }

  # The versioning's attribute, for the same reason: S3 refuses a destination that is not versioned.
  replication = {
    destination_bucket_arn  = "arn:${data.aws_partition.current.partition}:s3:::${aws_s3_bucket_versioning.replica.bucket}"
    destination_kms_key_arn = aws_kms_key.replica.arn
    storage_class           = "STANDARD_IA"
  }

  bucket_policy_documents = [data.aws_iam_policy_document.same_account.json]

  state_key        = "cloud-app/terraform.tfstate"
  state_key_prefix = "cloud-app/"

  iam_policy = {
    name        = "terraform-state-cloud-app"
    path        = "/terraform/"
    description = "Run Terraform for cloud-app"
  }

  tags = {
    project = "cloud-app"
  }
}

# A statement of one's own beside the module's: nobody outside the account, whatever their own policies say.
data "aws_iam_policy_document" "same_account" {
  statement {
    sid       = "DenyOtherAccounts"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::terraform-state-cloud-app", "arn:${data.aws_partition.current.partition}:s3:::terraform-state-cloud-app/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    # S3 itself replicates and logs on the account's behalf.
    condition {
      test     = "Bool"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }
}
