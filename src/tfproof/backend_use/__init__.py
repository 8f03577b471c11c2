"""The module used as a backend: real Terraform, real states, and what they show of encryption, permissions and locks."""
