# State backends as people write them: each folder another style, with the mistakes that are usual for it. What an audit
# has to say of each stands in test_layouts.py.

terraform {
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

variable "run" {
  type = string
}

module "inline" {
  source = "./inline"
  name   = "${var.run}-inline"
}

module "inline_kms" {
  source = "./inline_kms"
  name   = "${var.run}-inline-kms"
}

module "counted" {
  source = "./counted"
  name   = "${var.run}-counted"
}

# The shape of the widely used modules for a bucket and a key: each by itself, put together by the caller.
module "bucket" {
  source  = "./split"
  name    = "${var.run}-split-tfstate"
  key_arn = aws_kms_key.split.arn
}

resource "aws_kms_key" "split" {
  description             = "of module.bucket"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

module "each" {
  source     = "./each"
  for_each   = { dev = "Suspended", prod = "Enabled" }
  name       = "${var.run}-each-${each.key}"
  versioning = each.value
}

module "aliased" {
  source = "./aliased"
  name   = "${var.run}-aliased"
}

module "outside" {
  source = "./outside"
  name   = "${var.run}-outside"
}

# No state backend: nothing may be said of it.
resource "aws_s3_bucket" "assets" {
  bucket        = "${var.run}-assets"
  force_destroy = true
}
