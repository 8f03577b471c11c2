"""The ARNs of DynamoDB's tables, indexes and global tables."""

from __future__ import annotations

from tfproof.gateway.needs.situation import Situation

__all__ = ["global_table_arn", "index_arn", "table_arn"]


def table_arn(situation: Situation, table: str) -> str:
    """The ARN of a table by its name or ARN: DynamoDB takes either where it asks for a table."""
    return table if table.startswith("arn:") else situation.arn("dynamodb", f"table/{table}")


def index_arn(situation: Situation, table: str, index: str) -> str:
    """The ARN of a table's index."""
    return f"{table_arn(situation, table)}/index/{index}"


def global_table_arn(situation: Situation, name: str) -> str:
    """The ARN of a global table of the older kind."""
    return situation.global_arn("dynamodb", f"global-table/{name}")
