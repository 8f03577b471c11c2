output "kms_key_arn" {
  description = "ARN of the dedicated key that encrypts the states and the lock table."
  value       = aws_kms_key.tf_state.arn
}

output "kms_key_alias" {
  description = "Alias of the key, with `alias/`."
  value       = aws_kms_alias.tf_state.name
}

output "bucket_name" {
  description = "Name of the state bucket."
  value       = aws_s3_bucket.tf_state.bucket
}

output "bucket_arn" {
  description = "ARN of the state bucket."
  value       = aws_s3_bucket.tf_state.arn
}

output "bucket_region" {
  description = "Region of the bucket, the key and the table."
  value       = local.region
}

output "lock_table_name" {
  description = "Name of the lock table; null in lock_mode s3."
  value       = one(aws_dynamodb_table.tf_state[*].name)
}

output "lock_table_arn" {
  description = "ARN of the lock table; null in lock_mode s3."
  value       = one(aws_dynamodb_table.tf_state[*].arn)
}

output "documented_policy_json" {
  description = "The documented permissions of the role or user that runs Terraform, three statements (two in lock_mode s3), for this bucket, table and key."
  value       = local.documented_policy_json
}

output "read_write_policy_json" {
  description = "Least privilege for running Terraform in this lock mode, for every state or for those under `state_key_prefix`."
  value       = data.aws_iam_policy_document.read_write.json
}

output "read_only_policy_json" {
  description = "Least privilege for reading states (init, output, state pull, terraform_remote_state, plan -lock=false), for every state or for those under `state_key_prefix`."
  value       = data.aws_iam_policy_document.read_only.json
}

output "iam_policy_arn" {
  description = "ARN of the IAM policy that holds `read_write_policy_json`; null unless `iam_policy` is given."
  value       = one(aws_iam_policy.tf_state[*].arn)
}

output "replication_role_arn" {
  description = "ARN of the role that replicates, the module's or yours; null without `replication`."
  value       = local.replication_role_arn
}

locals {
  # encrypt = true without kms_key_id makes Terraform write AES256 over the bucket's default, silently: the two belong
  # together, and the key is named by its full ARN because the bucket policy compares ARNs.
  backend_settings = {
    bucket               = aws_s3_bucket.tf_state.bucket
    key                  = var.state_key
    region               = local.region
    encrypt              = true
    kms_key_id           = aws_kms_key.tf_state.arn
    dynamodb_table       = local.lock_table_name
    use_lockfile         = true
    workspace_key_prefix = var.workspace_key_prefix
  }

  # Chosen by name and not by value: a test of a value that is unknown until apply would make the whole object unknown.
  backend_setting_names = concat(
    ["bucket", "key", "region", "encrypt", "kms_key_id"],
    local.use_lock_table ? ["dynamodb_table"] : [],
    local.use_lockfile ? ["use_lockfile"] : [],
    var.workspace_key_prefix == "env:" ? [] : ["workspace_key_prefix"],
  )
  backend_setting_width = max([for name in local.backend_setting_names : length(name)]...)
}

output "backend_config" {
  description = "The settings of a `backend \"s3\"` block for `state_key`, as an object: bucket, key, region, encrypt, kms_key_id (the key's full ARN), dynamodb_table and/or use_lockfile."
  value       = { for name in local.backend_setting_names : name => local.backend_settings[name] }
}

output "backend_config_hcl" {
  description = "The same as the text of a file for `terraform init -backend-config=<file>.s3.tfbackend`."
  value = join("", [
    for name in local.backend_setting_names :
    format("%-${local.backend_setting_width}s = %s\n", name, jsonencode(local.backend_settings[name]))
  ])
}
