# The smallest use: everything but the name is a safe default.

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
  region = var.region
}

variable "region" {
  description = "Region of the bucket, the key and the table."
  type        = string
  default     = "us-east-1"
}

variable "bucket_name" {
  description = "Name of the state bucket, unique in the whole AWS partition."
  type        = string
}

module "state_backend" {
  source = "../.."

  bucket_name = var.bucket_name
}
