# The key is another team's: nothing of it is in this configuration.
variable "name" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = "${var.name}-terraform-state"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.bucket

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = "arn:aws:kms:us-east-1:210987654321:key/1b2c3d4e-1111-4111-8111-0123456789ab"
    }
  }
}
