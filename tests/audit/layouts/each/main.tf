# Twice from one module: what is wrong in one must not be said of the other.
variable "name" {
  type = string
}

variable "versioning" {
  type = string
}

resource "aws_s3_bucket" "state" {
  bucket_prefix = "${var.name}-remote-state"
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = var.versioning
  }
}
