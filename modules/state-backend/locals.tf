data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  dns_suffix = data.aws_partition.current.dns_suffix
  # `id`, not `name`: provider 6 deprecates name, and both 5 and 6 know id.
  region = data.aws_region.current.id

  # ARNs from names, not from resources, so that policies are readable in the first plan.
  bucket_arn = "arn:${local.partition}:s3:::${var.bucket_name}"

  kms_key_alias = coalesce(var.kms_key_alias, "alias/${replace(var.bucket_name, ".", "-")}")

  use_lock_table  = contains(["dynamodb", "both"], var.lock_mode)
  use_lockfile    = contains(["s3", "both"], var.lock_mode)
  lock_table_name = coalesce(var.lock_table_name, "${var.bucket_name}-locks")
  lock_table_arn  = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${local.lock_table_name}"

  # What kms:ViaService holds in the China partition, .amazonaws.com or .amazonaws.com.cn, AWS's documents leave open
  # and nothing here could settle: both forms are accepted. Elsewhere they are the same.
  kms_via_s3       = distinct(["s3.${local.region}.${local.dns_suffix}", "s3.${local.region}.amazonaws.com"])
  kms_via_dynamodb = distinct(["dynamodb.${local.region}.${local.dns_suffix}", "dynamodb.${local.region}.amazonaws.com"])
}
