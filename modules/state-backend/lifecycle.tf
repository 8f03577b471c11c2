# One resource: a bucket has a single set of lifecycle rules. Creating it takes about a minute (55 s on emulators): the
# provider waits until S3 has returned the rules unchanged many times over (hashicorp/terraform-provider-aws#23352).
resource "aws_s3_bucket_lifecycle_configuration" "tf_state" {
  count = var.lifecycle_enabled ? 1 : 0

  bucket = aws_s3_bucket.tf_state.bucket

  rule {
    id     = "all-objects"
    status = "Enabled"

    # Always a filter: without one the provider warns, and later versions refuse.
    filter {}

    # Both must hold before a version goes: it is beyond the newest N, and it is older than M days.
    noncurrent_version_expiration {
      newer_noncurrent_versions = var.noncurrent_versions_to_keep
      noncurrent_days           = var.noncurrent_version_days
    }

    # A delete marker with no version left under it (a deleted workspace, a released lock).
    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_incomplete_upload_days
    }
  }

  # Every run writes and deletes the lock file, and the version it leaves says only who held a lock once. Filters take
  # prefixes, not suffixes (hashicorp/terraform#36445), so this reaches the lock file of state_key alone; those of
  # workspaces and of other states fall under the rule above, which bounds them too.
  rule {
    id     = "lock-file"
    status = "Enabled"

    filter {
      prefix = "${var.state_key}.tflock"
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.tf_state]
}
