"""Which IAM action each operation of S3 needs, and on what. Source: Service Authorization Reference, Amazon S3."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["BUCKET_ACTIONS", "NOT_MAPPED", "OBJECT_ACTIONS", "SERVICE_ACTIONS"]

SERVICE_ACTIONS: Final = MappingProxyType({"ListBuckets": "s3:ListAllMyBuckets"})
"""Operations on no resource."""

BUCKET_ACTIONS: Final = MappingProxyType(
    {
        "CreateBucket": "s3:CreateBucket",
        "DeleteBucket": "s3:DeleteBucket",
        "DeleteBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
        "DeleteBucketCors": "s3:PutBucketCORS",
        "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
        "DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
        "DeleteBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
        "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
        "DeleteBucketMetadataConfiguration": "s3:DeleteBucketMetadataTableConfiguration",
        "DeleteBucketMetadataTableConfiguration": "s3:DeleteBucketMetadataTableConfiguration",
        "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
        "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
        "DeleteBucketPolicy": "s3:DeleteBucketPolicy",
        "DeleteBucketReplication": "s3:PutReplicationConfiguration",
        "DeleteBucketTagging": "s3:PutBucketTagging",
        "DeleteBucketWebsite": "s3:DeleteBucketWebsite",
        "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
        "GetBucketAbac": "s3:GetBucketAbac",
        "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
        "GetBucketAcl": "s3:GetBucketAcl",
        "GetBucketAnalyticsConfiguration": "s3:GetAnalyticsConfiguration",
        "GetBucketCors": "s3:GetBucketCORS",
        "GetBucketEncryption": "s3:GetEncryptionConfiguration",
        "GetBucketIntelligentTieringConfiguration": "s3:GetIntelligentTieringConfiguration",
        "GetBucketInventoryConfiguration": "s3:GetInventoryConfiguration",
        "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
        "GetBucketLocation": "s3:GetBucketLocation",
        "GetBucketLogging": "s3:GetBucketLogging",
        "GetBucketMetadataConfiguration": "s3:GetBucketMetadataTableConfiguration",
        "GetBucketMetadataTableConfiguration": "s3:GetBucketMetadataTableConfiguration",
        "GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
        "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
        "GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
        "GetBucketPolicy": "s3:GetBucketPolicy",
        "GetBucketPolicyStatus": "s3:GetBucketPolicyStatus",
        "GetBucketReplication": "s3:GetReplicationConfiguration",
        "GetBucketRequestPayment": "s3:GetBucketRequestPayment",
        "GetBucketTagging": "s3:GetBucketTagging",
        "GetBucketVersioning": "s3:GetBucketVersioning",
        "GetBucketWebsite": "s3:GetBucketWebsite",
        "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
        "HeadBucket": "s3:ListBucket",
        "ListBucketAnalyticsConfigurations": "s3:GetAnalyticsConfiguration",
        "ListBucketIntelligentTieringConfigurations": "s3:GetIntelligentTieringConfiguration",
        "ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
        "ListBucketMetricsConfigurations": "s3:GetMetricsConfiguration",
        "ListMultipartUploads": "s3:ListBucketMultipartUploads",
        "ListObjectVersions": "s3:ListBucketVersions",
        "ListObjects": "s3:ListBucket",
        "ListObjectsV2": "s3:ListBucket",
        "PutBucketAbac": "s3:PutBucketAbac",
        "PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "PutBucketAcl": "s3:PutBucketAcl",
        "PutBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
        "PutBucketCors": "s3:PutBucketCORS",
        "PutBucketEncryption": "s3:PutEncryptionConfiguration",
        "PutBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
        "PutBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
        "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "PutBucketLogging": "s3:PutBucketLogging",
        "PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
        "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
        "PutBucketOwnershipControls": "s3:PutBucketOwnershipControls",
        "PutBucketPolicy": "s3:PutBucketPolicy",
        "PutBucketReplication": "s3:PutReplicationConfiguration",
        "PutBucketRequestPayment": "s3:PutBucketRequestPayment",
        "PutBucketTagging": "s3:PutBucketTagging",
        "PutBucketVersioning": "s3:PutBucketVersioning",
        "PutBucketWebsite": "s3:PutBucketWebsite",
        "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
        "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
        "UpdateBucketMetadataJournalTableConfiguration": "s3:UpdateBucketMetadataJournalTableConfiguration",
    }
)
"""Operations on a bucket, by the one action that each needs on it."""

OBJECT_ACTIONS: Final = MappingProxyType(
    {
        "AbortMultipartUpload": ("s3:AbortMultipartUpload", ""),
        "CompleteMultipartUpload": ("s3:PutObject", ""),
        "CopyObject": ("s3:PutObject", ""),
        "CreateMultipartUpload": ("s3:PutObject", ""),
        "DeleteObject": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
        "DeleteObjectTagging": ("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
        "GetObject": ("s3:GetObject", "s3:GetObjectVersion"),
        "GetObjectAcl": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
        "GetObjectAttributes": ("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
        "GetObjectLegalHold": ("s3:GetObjectLegalHold", ""),
        "GetObjectRetention": ("s3:GetObjectRetention", ""),
        "GetObjectTagging": ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
        "GetObjectTorrent": ("s3:GetObjectTorrent", ""),
        "HeadObject": ("s3:GetObject", "s3:GetObjectVersion"),
        "ListParts": ("s3:ListMultipartUploadParts", ""),
        "PutObject": ("s3:PutObject", ""),
        "PutObjectAcl": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
        "PutObjectLegalHold": ("s3:PutObjectLegalHold", ""),
        "PutObjectRetention": ("s3:PutObjectRetention", ""),
        "PutObjectTagging": ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
        "RestoreObject": ("s3:RestoreObject", ""),
        "SelectObjectContent": ("s3:GetObject", ""),
        "UploadPart": ("s3:PutObject", ""),
        "UploadPartCopy": ("s3:PutObject", ""),
    }
)
"""Operations on an object: the action on the current version, and the one on a version that is named, if it differs."""

NOT_MAPPED: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "CreateBucketMetadataConfiguration",
                "CreateBucketMetadataTableConfiguration",
                "UpdateBucketMetadataAnnotationTableConfiguration",
                "UpdateBucketMetadataInventoryTableConfiguration",
            ),
            "it also needs s3tables and kms actions, on tables that the request does not name",
        ),
        **dict.fromkeys(
            ("DeleteObjectAnnotation", "GetObjectAnnotation", "ListObjectAnnotations", "PutObjectAnnotation"),
            "the Service Authorization Reference has no action for it yet",
        ),
        "UpdateObjectEncryption": "which calls to KMS it makes on which of two keys is not modelled",
        **dict.fromkeys(("CreateSession", "RenameObject"), "only directory buckets (S3 Express) know it"),
    }
)
"""Operations that are recognised and not mapped, with the reason."""
