"""What a failed assertion says: why IAM decided as it did, and no secret."""

from __future__ import annotations

import pytest

TESTS = """
    from tfproof.iam import PolicySet, Request

    KEY = "arn:aws:kms:us-east-1:123456789012:key/"
    POLICY = {
        "Version": "2012-10-17",
        "Statement": {"Sid": "AllowKMSAccess", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY + "1"},
    }

    def decision():
        return PolicySet([POLICY]).decide(Request("kms:Decrypt", KEY + "2"))

    def test_compared():
        assert decision() == "allowed"

    def test_compared_the_other_way_round():
        assert "explicitDeny" == decision()

    def test_believed():
        assert decision()
"""
WHY = "no statement allows kms:Decrypt on arn:aws:kms:us-east-1:123456789012:key/2"


def test_decision_says_why_it_is_not_the_one_that_was_expected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:cacheprovider")

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "E*assert implicitDeny == 'allowed'",
            f"E*implicitDeny: {WHY}",
            "E*AllowKMSAccess (*) names another key (arn:aws:kms:us-east-1:123456789012:key/1)",
            "E*assert implicitDeny == 'explicitDeny'",
            f"E*implicitDeny: {WHY}",
            f"E*assert <Decision implicitDeny: {WHY}; *names another key*>",
        ]
    )
