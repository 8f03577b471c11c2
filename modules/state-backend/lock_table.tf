resource "aws_dynamodb_table" "tf_state" {
  count = local.use_lock_table ? 1 : 0

  name         = local.lock_table_name
  billing_mode = "PAY_PER_REQUEST"
  # The name that Terraform's S3 backend demands.
  hash_key                    = "LockID"
  deletion_protection_enabled = var.lock_table_deletion_protection
  tags                        = var.tags

  attribute {
    name = "LockID"
    type = "S"
  }

  # The table also holds the digest of each state, which outlives the lock.
  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.tf_state.arn
  }

  # Last in, first out: destroy runs in reverse, so the protected table is the first to go, and while its deletion is
  # refused every other resource of the module stays as it is. Nothing here is needed to create the table.
  depends_on = [
    aws_iam_policy.tf_state,
    aws_kms_alias.tf_state,
    aws_s3_bucket_lifecycle_configuration.tf_state,
    aws_s3_bucket_logging.tf_state,
    aws_s3_bucket_ownership_controls.tf_state,
    aws_s3_bucket_policy.tf_state,
    aws_s3_bucket_public_access_block.tf_state,
    aws_s3_bucket_replication_configuration.tf_state,
    aws_s3_bucket_server_side_encryption_configuration.tf_state,
    aws_s3_bucket_versioning.tf_state,
  ]
}
