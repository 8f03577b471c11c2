"""An IAM policy simulator that answers as AWS does: pure Python, no network, no Terraform."""
