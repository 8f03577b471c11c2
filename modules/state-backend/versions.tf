terraform {
  # 1.9: a validation may refer to other variables. What was tested is in README.md.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7.0"
    }
  }
}
