"""A real AWS account as target: opt-in, in an allowed account only, with everything tagged by run and expiry."""

from tfproof.targets.aws.credentials import Credentials, callers_credentials
from tfproof.targets.aws.tagged import Search, Tagged, delete_tagged, find_tagged
from tfproof.targets.aws.tags import EXPIRES_TAG, RUN_TAG, has_expired, run_tags
from tfproof.targets.aws.target import AwsTarget

__all__ = [
    "EXPIRES_TAG",
    "RUN_TAG",
    "AwsTarget",
    "Credentials",
    "Search",
    "Tagged",
    "callers_credentials",
    "delete_tagged",
    "find_tagged",
    "has_expired",
    "run_tags",
]
