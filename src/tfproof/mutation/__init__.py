"""Mutation testing of Terraform modules: what a proof would let through, measured by breaking the module on purpose."""
