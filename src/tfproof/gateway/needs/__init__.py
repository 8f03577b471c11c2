"""Which IAM actions a request takes, on what, in which context, and how that is known."""
