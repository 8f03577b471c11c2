"""What AWS does and an emulator does not. Each test says what AWS does; where it is marked, the emulator must fail it.

The run itself calls, through its gateway, with nothing enforced: that is what an emulator alone would let happen. What
is shown instead, so that no gap hides a broken module, stands in the marks and in docs/targets.md.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tfproof.targets.target import Target

gap = pytest.mark.emulator_gap
NO_KEY = "11111111-2222-4333-8444-555555555555"


class Things:
    """A bucket, a key and a table of a test's own; gone afterwards."""

    def __init__(self, target: Target, name: str) -> None:
        self.s3, self.kms = target.client("s3"), target.client("kms")
        self.dynamodb = target.client("dynamodb")
        self.endpoint = target.endpoint
        self.bucket = name
        self.s3.create_bucket(Bucket=name)
        self.key = str(self.kms.create_key()["KeyMetadata"]["Arn"])

    def put(self, **headers: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.s3.put_object(Bucket=self.bucket, Key="state", Body=b"x", **headers)
        return answer

    def encrypt_by_default(self) -> None:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}
        self.s3.put_bucket_encryption(
            Bucket=self.bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        )

    def allow_everybody_to(self, effect: str, action: str) -> None:
        resources = [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"]
        statement = {"Effect": effect, "Principal": "*", "Action": action, "Resource": resources}
        self.s3.put_bucket_policy(
            Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )

    def create_table(self, **settings: Any) -> str:
        self.dynamodb.create_table(
            TableName=self.bucket,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            **settings,
        )
        return self.bucket

    def clear(self) -> None:
        for entry in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            self.s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
        self.s3.delete_bucket(Bucket=self.bucket)
        self.kms.schedule_key_deletion(KeyId=self.key.rpartition("/")[2], PendingWindowInDays=7)
        if self.bucket in self.dynamodb.list_tables()["TableNames"]:
            if self.dynamodb.describe_table(TableName=self.bucket)["Table"].get("DeletionProtectionEnabled"):
                self.dynamodb.update_table(TableName=self.bucket, DeletionProtectionEnabled=False)
            self.dynamodb.delete_table(TableName=self.bucket)


def answered(call: Callable[[], Any]) -> Any:
    """The answer to a call, or the error's code."""
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"]


@pytest.fixture
def things(target: Target, run_id: str, request: pytest.FixtureRequest) -> Iterator[Things]:
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")
    made = Things(target, f"gap-{run_id}-{name}"[:63].rstrip("-"))
    yield made
    made.clear()


@gap(
    target="localstack",
    version="4.14.0",
    what="GetBucketPolicyStatus is not implemented: InternalFailure",
    aws="says whether the policy makes the bucket public",
    instead="the policy that was read back is evaluated, for everybody",
)
def test_policy_status_says_whether_a_bucket_is_public(things: Things) -> None:
    things.allow_everybody_to("Deny", "s3:PutObject")

    answer = answered(lambda: things.s3.get_bucket_policy_status(Bucket=things.bucket))

    assert answer != "InternalFailure"
    assert answer["PolicyStatus"] == {"IsPublic": False}


@gap(
    target="localstack",
    version="4.14.0",
    what="bucket policies are kept and not enforced, not even an unconditional Deny",
    aws="answers 403 AccessDenied",
    thread="localstack/localstack#2238",
    instead="the gateway enforces them on every caller but the run itself; the checks evaluate the policy read back",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="bucket policies are switched off, because moto would apply every Deny whatever its Condition says",
    aws="answers 403 AccessDenied",
    thread="getmoto/moto#7840",
    instead="the gateway enforces them on every caller but the run itself; the checks evaluate the policy read back",
)
def test_bucket_policy_refuses(things: Things) -> None:
    things.allow_everybody_to("Deny", "s3:PutObject")

    with pytest.raises(ClientError, match="AccessDenied"):
        things.put()


@gap(
    target="localstack",
    version="4.14.0",
    what="a caller that nobody knows may do everything",
    aws="answers 403 InvalidAccessKeyId",
    thread="localstack/localstack#3345",
    instead="the gateway enforces IAM on the callers that a test or `tfproof enforce` makes",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="a caller that nobody knows may do everything",
    aws="answers 403 InvalidAccessKeyId",
    instead="the gateway enforces IAM on the callers that a test or `tfproof enforce` makes",
)
def test_unknown_caller_is_refused(things: Things, target: Target) -> None:
    from tfproof.targets.clients import make_client  # noqa: PLC0415

    stranger = make_client(
        "s3",
        endpoint=target.endpoint,
        region=target.region,
        access_key="AKIDNOBODY",
        secret_key="x",  # noqa: S106  # opens nothing
    )

    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        stranger.list_objects_v2(Bucket=things.bucket)


@gap(
    target="localstack",
    version="4.14.0",
    what="an anonymous request lists a private bucket",
    aws="answers 403 AccessDenied",
    thread="localstack/localstack#2238",
    instead="the checks ask the public access block and the policy read back",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="an anonymous request lists a private bucket",
    aws="answers 403 AccessDenied",
    instead="the checks ask the public access block and the policy read back",
)
def test_anonymous_request_is_refused(things: Things) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"{things.endpoint}/{things.bucket}?list-type=2")
    refused.value.close()
    assert refused.value.code == 403


@gap(
    target="embedded",
    version="5.2.5",
    what="a new bucket has no public access block",
    aws="blocks all public access to a new bucket (since April 2023)",
    instead="the module makes its own, and a check reads it back",
)
def test_new_bucket_blocks_public_access(things: Things) -> None:
    answer = answered(lambda: things.s3.get_public_access_block(Bucket=things.bucket))

    assert answer != "NoSuchPublicAccessBlockConfiguration"
    assert set(answer["PublicAccessBlockConfiguration"].values()) == {True}


@gap(
    target="localstack",
    version="4.14.0",
    what="an object is written under a key that does not exist",
    aws="answers 400 KMS.NotFoundException",
    thread="localstack/localstack#7177",
    instead="the checks compare the key of every state that was written with the module's",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="an object is written under a key that does not exist",
    aws="answers 400 KMS.NotFoundException",
    instead="the checks compare the key of every state that was written with the module's",
)
def test_key_that_does_not_exist_encrypts_nothing(things: Things) -> None:
    missing = f"{things.key.rpartition('/')[0]}/{NO_KEY}"

    with pytest.raises(ClientError, match=r"KMS\.NotFoundException"):
        things.put(ServerSideEncryption="aws:kms", SSEKMSKeyId=missing)


@gap(
    target="localstack",
    version="4.14.0",
    what="objects are written and read under a disabled key",
    aws="answers 400 KMS.DisabledException",
    thread="localstack/localstack#7782",
    instead="the gateway looks at the key's state when it enforces",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="objects are written and read under a disabled key",
    aws="answers 400 KMS.DisabledException",
    instead="the gateway looks at the key's state when it enforces",
)
def test_disabled_key_encrypts_no_object(things: Things) -> None:
    things.encrypt_by_default()
    things.kms.disable_key(KeyId=things.key.rpartition("/")[2])

    with pytest.raises(ClientError, match=r"KMS\.Disabled"):
        things.put()


@gap(
    target="embedded",
    version="5.2.5",
    what="kms:Encrypt works under a disabled key",
    aws="answers 400 DisabledException",
    instead="the gateway looks at the key's state when it enforces",
)
def test_disabled_key_encrypts_nothing(things: Things) -> None:
    key_id = things.key.rpartition("/")[2]
    things.kms.disable_key(KeyId=key_id)

    with pytest.raises(ClientError, match="DisabledException"):
        things.kms.encrypt(KeyId=key_id, Plaintext=b"x")


@gap(
    target="localstack",
    version="4.14.0",
    what="items are written to a table whose key is disabled",
    aws="answers 400 AccessDeniedException or, later, makes the table inaccessible",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="items are written to a table whose key is disabled",
    aws="answers 400 AccessDeniedException or, later, makes the table inaccessible",
)
def test_table_whose_key_is_disabled_takes_no_item(things: Things) -> None:
    table = things.create_table(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": things.key})
    things.kms.disable_key(KeyId=things.key.rpartition("/")[2])

    with pytest.raises(ClientError):
        things.dynamodb.put_item(TableName=table, Item={"LockID": {"S": "x"}})


@gap(
    target="localstack",
    version="4.14.0",
    what="the header aws:kms without a key leads to the bucket's default key",
    aws="uses the account's aws/s3 key, by the API model; two pages of the guide disagree, so this is unsettled",
    instead="the module's bucket policy refuses such a write, and the gateway enforces that",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="the header aws:kms without a key leads to the bucket's default key",
    aws="uses the account's aws/s3 key, by the API model; two pages of the guide disagree, so this is unsettled",
    instead="the module's bucket policy refuses such a write, and the gateway enforces that",
)
def test_header_without_a_key_means_the_key_of_the_account(things: Things) -> None:
    things.encrypt_by_default()

    answer = things.put(ServerSideEncryption="aws:kms")

    assert answer["SSEKMSKeyId"] != things.key


@gap(
    target="localstack",
    version="4.14.0",
    what="a public ACL is accepted under BucketOwnerEnforced and a public access block",
    aws="answers 400 AccessControlListNotSupported",
    instead="checks read ownership and block back",
)
@gap(
    target="embedded",
    version="5.2.5",
    what="a public ACL is accepted under BucketOwnerEnforced and a public access block",
    aws="answers 400 AccessControlListNotSupported",
    instead="checks read ownership and block back",
)
def test_public_acl_is_refused(things: Things) -> None:
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    things.s3.put_bucket_ownership_controls(Bucket=things.bucket, OwnershipControls={"Rules": rules})
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    things.s3.put_public_access_block(Bucket=things.bucket, PublicAccessBlockConfiguration=block)

    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        things.put(ACL="public-read")


@gap(
    target="localstack",
    version="4.14.0",
    what="access logging is accepted without any grant on the log bucket",
    aws="answers 400 InvalidTargetBucketForLogging",
    instead="the embedded target refuses it, and runs the same examples",
)
def test_logging_needs_a_grant_on_the_log_bucket(things: Things) -> None:
    logging = {"LoggingEnabled": {"TargetBucket": things.bucket, "TargetPrefix": "logs/"}}

    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        things.s3.put_bucket_logging(Bucket=things.bucket, BucketLoggingStatus=logging)


@gap(
    target="localstack",
    version="4.14.0",
    what="DescribeContinuousBackups leaves out RecoveryPeriodInDays",
    aws="answers 35 unless another period was set",
    instead="the embedded target shows it",
)
def test_backups_tell_their_period(things: Things) -> None:
    table = things.create_table()
    things.dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )

    backups = things.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]

    assert backups["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays") == 35


@gap(
    target="embedded",
    version="5.2.5",
    what="DeleteTable under deletion protection is refused in moto's own words",
    aws="says that the resource is currently protected against deletion",
    instead="tests take both",
)
def test_protected_table_is_refused_in_awss_words(things: Things) -> None:
    table = things.create_table(DeletionProtectionEnabled=True)

    with pytest.raises(ClientError, match="Resource cannot be deleted as it is currently protected against deletion"):
        things.dynamodb.delete_table(TableName=table)


@gap(
    target="embedded",
    version="5.2.5",
    what="the answer to a plain write names no encryption",
    aws="names AES256, which it has used by itself since January 2023",
    instead="an answer that names none counts as AES256",
)
def test_answer_names_the_encryption_of_a_plain_write(things: Things) -> None:
    assert things.put().get("ServerSideEncryption") == "AES256"


@gap(
    target="localstack",
    version="4.14.0",
    what="the key behind alias/aws/dynamodb calls itself the customer's",
    aws="names itself as the key's manager",
    instead="what is left over after destroy tells keys of AWS by their aliases",
)
def test_keys_of_aws_say_so(things: Things, target: Target) -> None:
    metadata = things.kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]

    assert f"kms key {metadata['KeyId']} (Enabled)" not in target.leftovers()
    assert metadata["KeyManager"] == "AWS"


def test_buckets_are_not_deleted_with_something_in_them(things: Things) -> None:
    things.put()

    with pytest.raises(ClientError, match="BucketNotEmpty"):
        things.s3.delete_bucket(Bucket=things.bucket)
