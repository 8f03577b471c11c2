"""R60 to R63 value by value: what a number, a date, an address and a boolean are, and what none is."""

from __future__ import annotations

from typing import Any

import pytest

from tfproof.iam import Request, evaluate, validate

DAY = 86_400


def condition(operator: str, value: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"a:key": value}}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def holds(operator: str, value: str, held: str) -> bool:
    return bool(evaluate([condition(operator, value)], Request("s3:GetObject", context={"a:key": held})))


def is_value(operator: str, value: str) -> bool:
    return validate(condition(operator, value)) == []


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("1970", "0"),
        ("1970-01", "0.0"),
        ("1970-01-01", "+0"),
        ("1970-01-02", f"{DAY}"),
        ("1970-02-01", f"{31 * DAY}"),
        ("1970-03-01", f"{59 * DAY}"),
        ("1970-12-31", f"{364 * DAY}"),
        ("1971-01-01", f"{365 * DAY}"),
        ("1972-02-29", f"{789 * DAY}"),
        ("1972-03-01", f"{790 * DAY}"),
        ("1973-01-01", f"{1096 * DAY}"),
        ("1969-12-31", f"-{DAY}"),
        ("1969-12-31T23:59:59.5Z", "-0.5"),
        ("2000-01-01", "946684800"),
        ("2000-02-29T00:00:00Z", "951782400"),
        ("2000-03-01", "951868800"),
        ("2001-01-01", "978307200"),
        ("2100-03-01", "4107542400"),
        ("1900-03-01", "-2203891200"),
        ("1601-01-01", "-11644473600"),
        ("0001-01-01", "-62135596800"),
        ("-0001-01-01", "-62198755200"),
        ("+10000-01-01", "253402300800"),
        ("2026-01-15T10:00Z", "1768471200"),
        ("2026-01-15T10:00:00Z", "1768471200"),
        ("2026-01-15t10:00:00z", "1768471200"),
        ("2026-01-15T10:00:00", "1768471200"),
        ("2026-01-15T12:00:00+02:00", "1768471200"),
        ("2026-01-15T12:00:00+02", "1768471200"),
        ("2026-01-15T11:30:00+0130", "1768471200"),
        ("2026-01-15T04:30:00-05:30", "1768471200"),
        ("2026-01-15T10:00:01.25Z", "1768471201.25"),
        ("2026-01-15T10:00:01,000000001Z", "1768471201.000000001"),
        ("2026-01-15T12:00:00.000000001+02:00", "1768471200.000000001"),
        ("2026-01-15T08:00:00.000000001-02:00", "1768471200.000000001"),
        ("2026-01-15T23:59:60Z", f"{1768435200 + DAY}"),
        ("2026-01-15T23:00:00+23:59", "1768431660"),
    ],
)
def test_r60_dates_and_epoch_seconds(text: str, epoch: str) -> None:
    assert holds("DateEquals", epoch, text)
    assert holds("DateEquals", text, epoch)
    later, earlier = (f"{float(epoch) + step:.3f}" for step in (1, -1))
    assert holds("DateLessThan", later, text)
    assert holds("DateGreaterThan", earlier, text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-04-31",
        "2026-06-31",
        "2026-09-31",
        "2026-11-31",
        "2026-02-29",
        "2100-02-29",
        "2024-02-30",
        "2026-01-15T24:00:00Z",
        "2026-01-15T10:60:00Z",
        "2026-01-15T10:00:61Z",
        "2026-01-15T10:00:00+24:00",
        "2026-01-15T10:00:00+02:60",
        "2026-1-15",
        "2026-01-15T10",
        "2026-01-15 10:00:00Z",
        "2026-01-15T10:00:00Z ",
        "2026-01T10:00Zx",
        "26",
        "x",
        "",
    ],
)
def test_r60_what_is_no_date(text: str) -> None:
    if text != "26":  # two digits are seconds
        assert not is_value("DateEquals", text)
        assert not holds("DateNotEquals", "2026", text)
    assert not holds("DateEquals", "2026-01-15", text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29",
        "2000-02-29",
        "2026-01-31",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
        "2026-07-31",
        "2026-08-31",
        "2026-09-30",
        "2026-10-31",
        "2026-11-30",
        "2026-12-31",
        "26",
        "2026-01-15T23:59:59+23:59",
        "9" * 18,
        "-1.5",
        "2026-01-15T00:00:00-00:00",
    ],
)
def test_r60_what_is_a_date(text: str) -> None:
    assert is_value("DateEquals", text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("10", "10.0"),
        ("10", "+10"),
        ("10", "1e1"),
        ("10", "1E+1"),
        ("10", "100e-1"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
        ("007", "7"),
        ("1" * 30, "1" * 30),
        ("-1.50", "-1.5"),
        ("9" * 18, "9" * 18 + ".0"),
    ],
)
def test_r60_equal_numbers(left: str, right: str) -> None:
    assert holds("NumericEquals", left, right)
    assert holds("NumericEquals", right, left)
    assert not holds("NumericNotEquals", left, right)
    assert [holds(f"Numeric{name}", left, right) for name in ("LessThan", "GreaterThan")] == [False, False]
    assert [holds(f"Numeric{name}", left, right) for name in ("LessThanEquals", "GreaterThanEquals")] == [True, True]


@pytest.mark.parametrize("text", ["", "ten", "10abc", "1_000", "0x1", ".", "1e", "1e1234567", "--1", "1 ", "\u0661"])
def test_r60_what_is_no_number(text: str) -> None:
    assert not is_value("NumericEquals", text)
    assert not holds("NumericNotEquals", "1", text)


@pytest.mark.parametrize("family", ["Numeric", "Date"])
@pytest.mark.parametrize(
    ("held", "holding"),
    [
        ("9", {"LessThan", "LessThanEquals", "NotEquals"}),
        ("10", {"Equals", "LessThanEquals", "GreaterThanEquals"}),
        ("11", {"GreaterThan", "GreaterThanEquals", "NotEquals"}),
    ],
)
def test_r60_every_comparison(family: str, held: str, holding: set[str]) -> None:
    names = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
    assert {name for name in names if holds(family + name, "10", held)} == holding


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ("10.1.2.3/8", "10.0.0.0", "9.255.255.255"),
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
        ("192.0.2.7/32", "192.0.2.7", "192.0.2.8"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
        ("0.0.0.0/0", "255.255.255.255", "::"),
        ("128.0.0.0/1", "128.0.0.0", "127.255.255.255"),
        ("2001:db8::/32", "2001:0DB8:ffff::", "2001:db9::"),
        ("2001:db8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::2"),
        ("2001:db8::1/128", "2001:db8::1", "2001:db8::"),
        ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ("::/0", "::ffff:10.0.0.1", "10.0.0.1"),
        ("::a00:0/104", "::10.1.2.3", "10.1.2.3"),
    ],
)
def test_r61_addresses_in_and_out_of_networks(network: str, inside: str, outside: str) -> None:
    assert is_value("IpAddress", network)
    assert [holds("IpAddress", network, held) for held in (inside, outside)] == [True, False]
    assert [holds("NotIpAddress", network, held) for held in (inside, outside)] == [False, True]


@pytest.mark.parametrize(
    "network",
    [
        "10.0.0",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/0008",
        "10.0.0.0/\u0661",
        "x",
        "",
        "2001:db8::/129",
        "2001:db8",
        "10.0.0.0/8/8",
        "::1/x",
        "10.0.0.0/255.0.0.0",
        "\x00",
        "::\x00",
    ],
)
def test_r61_what_is_no_network(network: str) -> None:
    assert not is_value("IpAddress", network)
    assert not holds("NotIpAddress", "10.0.0.0/8", network)


def test_r61_a_request_holds_an_address_and_no_network() -> None:
    for operator in ("IpAddress", "NotIpAddress"):
        assert not holds(operator, "10.0.0.0/8", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("operator", "value", "held", "expected"),
    [
        ("Bool", "True", "tRUE", True),
        ("Bool", "false", "FALSE", True),
        ("Bool", "true", "false", False),
        ("Bool", "true", "1", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "", "", True),
        ("BinaryEquals", "QQ==", "QR==", True),
        ("BinaryEquals", "QQ==", "QQ", False),
        ("BinaryEquals", "QQ==", "Q*Q==", False),
    ],
)
def test_r62_r63_booleans_and_bytes(operator: str, value: str, held: str, expected: bool) -> None:  # noqa: FBT001
    assert holds(operator, value, held) is expected


@pytest.mark.parametrize(
    ("operator", "value"), [("Bool", "yes"), ("Bool", ""), ("BinaryEquals", "QQ"), ("BinaryEquals", "Q\u20ac==")]
)
def test_r62_r63_what_is_none(operator: str, value: str) -> None:
    assert not is_value(operator, value)
