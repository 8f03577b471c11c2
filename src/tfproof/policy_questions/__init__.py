"""Requests that try a policy, made from what its own statements name: whom it lets do what, and what has changed."""
