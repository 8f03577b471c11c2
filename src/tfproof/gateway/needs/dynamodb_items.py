"""The calls on DynamoDB's items: action, resource, and the keys and attributes that they touch.

Source: DynamoDB Developer Guide, Using IAM policy conditions for fine-grained access control.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tfproof.gateway.needs.dynamodb_expressions import attribute_names, equal_value, partiql_target
from tfproof.gateway.needs.dynamodb_tables import index_arn, table_arn
from tfproof.gateway.needs.need import Need
from tfproof.gateway.needs.situation import Situation
from tfproof.iam.request import ContextValue

__all__ = ["ITEM_OPERATIONS", "item_needs", "tables_of"]

_SINGLE: Final = frozenset({"DeleteItem", "GetItem", "PutItem", "UpdateItem"})
_SEARCHES: Final = frozenset({"Query", "Scan"})
_PARTIQL: Final = frozenset({"BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"})
_TRANSACTIONS: Final = {
    "TransactGetItems": {"Get": "GetItem"},
    "TransactWriteItems": {
        "ConditionCheck": "ConditionCheckItem",
        "Delete": "DeleteItem",
        "Put": "PutItem",
        "Update": "UpdateItem",
    },
}
ITEM_OPERATIONS: Final = frozenset({*_SINGLE, *_SEARCHES, *_PARTIQL, *_TRANSACTIONS, "BatchGetItem", "BatchWriteItem"})
"""Operations that read or write items."""

_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_BY_NAME: Final = ("AttributeUpdates", "Expected", "Item", "Key", "KeyConditions", "QueryFilter", "ScanFilter")
# The reference lists this key for PutItem too, in the API's older spelling; what is sent is what is compared.
_RETURN: Final = {
    "dynamodb:ReturnConsumedCapacity": "ReturnConsumedCapacity",
    "dynamodb:ReturnValues": "ReturnValues",
    "dynamodb:Select": "Select",
}
_WITH_RETURN: Final = {
    "dynamodb:ReturnConsumedCapacity": frozenset({*_SINGLE, *_SEARCHES, "BatchGetItem", "BatchWriteItem"}),
    "dynamodb:ReturnValues": frozenset({"DeleteItem", "PutItem", "UpdateItem"}),
    "dynamodb:Select": _SEARCHES,
}


def item_needs(situation: Situation) -> list[Need]:
    """The direct needs of a call on items.

    Raises:
        UnmappedOperation: The call does not name its tables in a way that is understood.
    """
    name = situation.operation.name
    if name in _SINGLE:
        return [_single(situation, name, dict(situation.parameters))]
    if name in _SEARCHES:
        return [_search(situation)]
    if name in _TRANSACTIONS:
        return _transaction(situation)
    if name in _PARTIQL:
        return _statements(situation)
    return _batch(situation)


def tables_of(needs: Iterable[Need]) -> list[str]:
    """The ARNs of the tables that needs are on, each once, in order."""
    return list(dict.fromkeys(need.resource.partition("/index/")[0] for need in needs))


def _single(
    situation: Situation, action: str, item: dict[str, Any], more: Mapping[str, ContextValue] | None = None
) -> Need:
    table = situation.text("TableName", within=item)
    keys = [situation.members("Key", within=item) or situation.members("Item", within=item)]
    context = {
        **_leading(situation, table, keys),
        **_attributes(situation, item),
        **_returns(action, item),
        **(more or {}),
    }
    return situation.need(f"dynamodb:{action}", table_arn(situation, table), context)


def _search(situation: Situation) -> Need:
    name, asked = situation.operation.name, dict(situation.parameters)
    table, index = situation.text("TableName"), situation.optional_text("IndexName")
    context = {**_attributes(situation, asked), **_returns(name, asked)}
    if name == "Query" and not index:
        # The partition key of an index is not known here: absent, not guessed.
        context.update(_queried(situation, table))
    arn = index_arn(situation, table, index) if index else table_arn(situation, table)
    return situation.need(f"dynamodb:{name}", arn, context)


def _queried(situation: Situation, table: str) -> dict[str, ContextValue]:
    partition_key = situation.surroundings.partition_key(_name_of(table), situation.region)
    names = situation.members("ExpressionAttributeNames")
    values = situation.members("ExpressionAttributeValues")
    value = equal_value(situation.parameters.get("KeyConditionExpression"), partition_key, names, values)
    if value is None:
        condition = situation.members("KeyConditions").get(partition_key)
        listed = condition.get("AttributeValueList") if isinstance(condition, dict) else None
        value = listed[0] if isinstance(listed, list) and listed else None
    return _leading(situation, table, [{partition_key: value}]) if value is not None else {}


def _transaction(situation: Situation) -> list[Need]:
    kinds = _TRANSACTIONS[situation.operation.name]
    enclosing: dict[str, ContextValue] = {"dynamodb:EnclosingOperation": situation.operation.name}
    found = []
    for entry in situation.items("TransactItems"):
        if len(entry) != 1 or next(iter(entry)) not in kinds:
            raise situation.unmapped("an item of it says not one thing to do")
        kind = next(iter(entry))
        # The reference lists the key for the four item actions, not for the check.
        more = {} if kind == "ConditionCheck" else enclosing
        found.append(_single(situation, kinds[kind], situation.members(kind, within=entry), more))
    return found


def _batch(situation: Situation) -> list[Need]:
    """One need a table, with all its keys: a batch is one request of one action to IAM."""
    name = situation.operation.name
    found = []
    for table, asked in situation.members("RequestItems").items():
        if name == "BatchGetItem":
            part = situation.members(table, within=situation.members("RequestItems"))
            keys = situation.items("Keys", within=part)
            touched = _attributes(situation, {**part, "Key": {attribute: None for key in keys for attribute in key}})
        else:
            keys = [_written(situation, each) for each in situation.items(table, within={table: asked})]
            touched = _attributes(situation, {"Key": {attribute: None for key in keys for attribute in key}})
        if not keys:
            raise situation.unmapped(f"it names no item of table {table}")
        context = {**_leading(situation, table, keys), **touched, **_returns(name, dict(situation.parameters))}
        found.append(situation.need(f"dynamodb:{name}", table_arn(situation, table), context))
    return found


def _written(situation: Situation, request: dict[str, Any]) -> dict[str, Any]:
    put = situation.members("PutRequest", within=request)
    delete = situation.members("DeleteRequest", within=request)
    if bool(put) == bool(delete):
        raise situation.unmapped("a request of it is not one of PutRequest and DeleteRequest")
    return situation.members("Item", within=put) or situation.members("Key", within=delete)


def _statements(situation: Situation) -> list[Need]:
    name = situation.operation.name
    member = {"BatchExecuteStatement": "Statements", "ExecuteTransaction": "TransactStatements"}.get(name, "")
    entries = situation.items(member) if member else [dict(situation.parameters)]
    enclosing: dict[str, ContextValue] = {} if name == "ExecuteStatement" else {"dynamodb:EnclosingOperation": name}
    found = []
    for entry in entries:
        target = partiql_target(situation.text("Statement", within=entry))
        if target is None:
            raise situation.unmapped("a statement of it is not understood")
        verb, table, index = target
        arn = index_arn(situation, table, index) if index else table_arn(situation, table)
        found.append(situation.need(f"dynamodb:PartiQL{verb}", arn, enclosing))
    return found


def _leading(situation: Situation, table: str, keys: list[dict[str, Any]]) -> dict[str, ContextValue]:
    """The partition keys' values; absent when the table's key is not known."""
    partition_key = situation.surroundings.partition_key(_name_of(table), situation.region)
    values = [_scalar(key.get(partition_key)) for key in keys]
    known = [value for value in values if value is not None]
    return {"dynamodb:LeadingKeys": known} if partition_key and known and len(known) == len(keys) else {}


def _scalar(value: Any) -> str | None:
    """The text of a typed value such as `{"S": "x"}`."""
    if isinstance(value, dict) and len(value) == 1:
        kind, text = next(iter(value.items()))
        if kind in ("S", "N", "B") and isinstance(text, str):
            return text
    return None


def _attributes(situation: Situation, asked: Mapping[str, Any]) -> dict[str, ContextValue]:
    found: list[str] = []
    for member in _BY_NAME:
        found += situation.members(member, within=asked)
    names = situation.members("ExpressionAttributeNames", within=asked)
    for member in _EXPRESSIONS:
        found += attribute_names(asked.get(member), names)
    listed = asked.get("AttributesToGet")
    found += [str(each) for each in listed] if isinstance(listed, list) else []
    return {"dynamodb:Attributes": list(dict.fromkeys(found))} if found else {}


def _returns(action: str, asked: Mapping[str, Any]) -> dict[str, ContextValue]:
    return {
        key: str(asked[member]) for key, member in _RETURN.items() if member in asked and action in _WITH_RETURN[key]
    }


def _name_of(table: str) -> str:
    return table.rpartition(":table/")[2]
