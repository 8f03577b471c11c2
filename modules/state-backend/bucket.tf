resource "aws_s3_bucket" "tf_state" {
  bucket        = var.bucket_name
  force_destroy = var.force_destroy
  tags          = var.tags

  # For the way back: destroy runs in reverse, so the key can be scheduled for deletion only after the bucket is really
  # gone. A bucket whose deletion is refused, because states are left in it, must never lose the key that reads them.
  depends_on = [aws_kms_key.tf_state]
}

resource "aws_s3_bucket_versioning" "tf_state" {
  bucket = aws_s3_bucket.tf_state.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "tf_state" {
  bucket = aws_s3_bucket.tf_state.bucket

  rule {
    # A short-lived key per bucket instead of a KMS call per object. It also makes the bucket's ARN, not the object's, the
    # encryption context: a kms:EncryptionContext condition per state would match nothing.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.tf_state.arn
    }
  }
}

# Public access block, policy and ownership controls written at the same time fail with 409 OperationAborted
# (hashicorp/terraform-provider-aws#7628): one after the other, by depends_on rather than by sleeping.
resource "aws_s3_bucket_public_access_block" "tf_state" {
  bucket = aws_s3_bucket.tf_state.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "tf_state" {
  bucket = aws_s3_bucket.tf_state.bucket

  rule {
    # No ACLs at all: whoever writes an object, it is the bucket owner's.
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_policy.tf_state]
}

resource "aws_s3_bucket_logging" "tf_state" {
  count = var.access_logging == null ? 0 : 1

  bucket        = aws_s3_bucket.tf_state.bucket
  target_bucket = var.access_logging.bucket
  target_prefix = coalesce(var.access_logging.prefix, "${var.bucket_name}/")
}
