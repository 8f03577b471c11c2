bucket_name             = "acme-terraform-state"
state_key               = "network/terraform.tfstate"
lock_mode               = "both"
noncurrent_version_days = 180

tags = {
  owner = "platform"
}
