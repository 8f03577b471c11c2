"""The module used as a backend: real Terraform and real states show its encryption, permissions and locks."""
