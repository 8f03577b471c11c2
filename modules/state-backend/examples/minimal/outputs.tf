output "kms_key_arn" {
  description = "ARN of the dedicated key that encrypts the states and the lock table."
  value       = module.state_backend.kms_key_arn
}

output "kms_key_alias" {
  description = "Alias of the key, with `alias/`."
  value       = module.state_backend.kms_key_alias
}

output "bucket_name" {
  description = "Name of the state bucket."
  value       = module.state_backend.bucket_name
}

output "bucket_arn" {
  description = "ARN of the state bucket."
  value       = module.state_backend.bucket_arn
}

output "bucket_region" {
  description = "Region of the bucket, the key and the table."
  value       = module.state_backend.bucket_region
}

output "lock_table_name" {
  description = "Name of the lock table; null in lock_mode s3."
  value       = module.state_backend.lock_table_name
}

output "lock_table_arn" {
  description = "ARN of the lock table; null in lock_mode s3."
  value       = module.state_backend.lock_table_arn
}

output "documented_policy_json" {
  description = "The documented permissions of the role or user that runs Terraform, three statements (two in lock_mode s3), for this bucket, table and key."
  value       = module.state_backend.documented_policy_json
}

output "read_write_policy_json" {
  description = "Least privilege for running Terraform in this lock mode, for every state or for those under `state_key_prefix`."
  value       = module.state_backend.read_write_policy_json
}

output "read_only_policy_json" {
  description = "Least privilege for reading states (init, output, state pull, terraform_remote_state, plan -lock=false), for every state or for those under `state_key_prefix`."
  value       = module.state_backend.read_only_policy_json
}

output "iam_policy_arn" {
  description = "ARN of the IAM policy that holds `read_write_policy_json`; null unless `iam_policy` is given."
  value       = module.state_backend.iam_policy_arn
}

output "replication_role_arn" {
  description = "ARN of the role that replicates, the module's or yours; null without `replication`."
  value       = module.state_backend.replication_role_arn
}

output "backend_config" {
  description = "The settings of a `backend \"s3\"` block for `state_key`, as an object: bucket, key, region, encrypt, kms_key_id (the key's full ARN), dynamodb_table and/or use_lockfile."
  value       = module.state_backend.backend_config
}

output "backend_config_hcl" {
  description = "The same as the text of a file for `terraform init -backend-config=<file>.s3.tfbackend`."
  value       = module.state_backend.backend_config_hcl
}
