"""Audits a backend in use, through its API and read-only."""
