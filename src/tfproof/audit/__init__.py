"""Audits what is there already: plans, states and backends in use, ours or anybody's."""
