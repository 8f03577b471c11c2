# A key of its own, whose policy forgets the account, and a bucket that a destroy empties.
variable "name" {
  type = string
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "tfstates" {
  deletion_window_in_days = 10
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Administrators"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/admin" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_s3_bucket" "tfstates" {
  bucket        = var.name
  force_destroy = true

  versioning {
    enabled = true
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = aws_kms_key.tfstates.arn
      }
    }
  }
}
