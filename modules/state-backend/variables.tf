# Validations here refer to variables only, never to locals, data or resources: this file can be planned on its own,
# without a provider, so every refused input is testable in a tenth of a second.

################################################################################
# Bucket
################################################################################

variable "bucket_name" {
  description = "Name of the state bucket, unique in the whole AWS partition: 3 to 63 characters. Changing it later means a new bucket. Dots are legal but break S3's wildcard TLS certificate; prefer hyphens."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.bucket_name) >= 3 && length(var.bucket_name) <= 63
    error_message = "bucket_name=${jsonencode(var.bucket_name)} has ${length(var.bucket_name)} characters: S3 allows 3 to 63."
  }

  validation {
    condition     = can(regex("^[a-z0-9.-]*$", var.bucket_name))
    error_message = "bucket_name=${jsonencode(var.bucket_name)} has characters that S3 does not allow: only lowercase letters a-z, digits, hyphens and dots are. Did you mean ${jsonencode(replace(replace(lower(var.bucket_name), "/[ _]/", "-"), "/[^a-z0-9.-]/", ""))}?"
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9].*[A-Za-z0-9]$", var.bucket_name))
    error_message = "bucket_name=${jsonencode(var.bucket_name)} must begin and end with a lowercase letter or a digit."
  }

  validation {
    condition     = !strcontains(var.bucket_name, "..")
    error_message = "bucket_name=${jsonencode(var.bucket_name)} has two dots in a row, which S3 does not allow: put a letter, a digit or a hyphen between them."
  }

  validation {
    condition     = !can(regex("^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$", var.bucket_name))
    error_message = "bucket_name=${jsonencode(var.bucket_name)} looks like an IPv4 address, which S3 does not allow: use a name with a letter in it."
  }

  validation {
    condition     = !anytrue([for reserved in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(var.bucket_name, reserved)])
    error_message = "bucket_name=${jsonencode(var.bucket_name)} begins with a prefix that S3 keeps for itself: xn--, sthree- and amzn-s3-demo- are not allowed."
  }

  validation {
    condition     = !anytrue([for reserved in ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"] : endswith(var.bucket_name, reserved)])
    error_message = "bucket_name=${jsonencode(var.bucket_name)} ends with a suffix that S3 keeps for itself: -s3alias, --ol-s3, .mrap, --x-s3 and --table-s3 are not allowed."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete the bucket together with every version of every state in it. false: destroy is refused while a single version is left. Set to true, and apply, only in the hour you mean to lose them."
  type        = bool
  default     = false
  nullable    = false
}

variable "noncurrent_versions_to_keep" {
  description = "How many of the newest noncurrent versions of each object are kept whatever their age: 1 to 100 versions. An older version goes only when it is beyond this count *and* older than `noncurrent_version_days`."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.noncurrent_versions_to_keep >= 1 && var.noncurrent_versions_to_keep <= 100 && floor(var.noncurrent_versions_to_keep) == var.noncurrent_versions_to_keep
    error_message = "noncurrent_versions_to_keep=${var.noncurrent_versions_to_keep}: a whole number from 1 to 100 is allowed (S3's limit for NewerNoncurrentVersions)."
  }
}

variable "noncurrent_version_days" {
  description = "How long every noncurrent version is kept at least, in days (1 or more): the window in which any earlier state can be restored."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 1 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "noncurrent_version_days=${var.noncurrent_version_days}: a whole number of days, 1 or more, is allowed."
  }
}

variable "abort_incomplete_upload_days" {
  description = "After how many days (1 or more) an unfinished multipart upload is dropped. Terraform uploads states above 5 MiB in parts; one that was killed leaves parts that are invisible and billed."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.abort_incomplete_upload_days >= 1 && floor(var.abort_incomplete_upload_days) == var.abort_incomplete_upload_days
    error_message = "abort_incomplete_upload_days=${var.abort_incomplete_upload_days}: a whole number of days, 1 or more, is allowed."
  }
}

variable "lifecycle_enabled" {
  description = "Whether the module manages the bucket's lifecycle rules. false: old versions, lock-file versions and unfinished uploads stay for ever, unless you manage the rules yourself (a bucket has one set of rules, so two owners overwrite each other)."
  type        = bool
  default     = true
  nullable    = false
}

variable "access_logging" {
  description = "Server access logs to an existing bucket; null: none. `bucket`: its name; it needs SSE-S3 (not SSE-KMS) and a bucket policy that lets logging.s3.amazonaws.com write, see examples/complete. `prefix`: what log keys begin with, default `<bucket_name>/`."
  type = object({
    bucket = string
    prefix = optional(string)
  })
  default = null

  validation {
    condition     = var.access_logging == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logging.bucket))
    error_message = "access_logging.bucket=${jsonencode(try(var.access_logging.bucket, null))}: the name of an existing bucket is allowed (3 to 63 lowercase letters, digits, dots and hyphens; not its ARN), or access_logging = null for no logs."
  }

  validation {
    condition     = var.access_logging == null ? true : var.access_logging.bucket != var.bucket_name
    error_message = "access_logging.bucket=${jsonencode(try(var.access_logging.bucket, null))} is the state bucket itself (bucket_name): each log it received would be logged again. Give another bucket."
  }
}

variable "strict_encryption_headers" {
  description = "Whether a write must name its encryption. false: a write without an encryption header is allowed and gets the bucket's default, this module's key. true: it is refused, also for people who copy a file in by hand. How S3 judges the parts of a multipart upload (states above 5 MiB), which never carry the header, is not settled: try it before relying on it."
  type        = bool
  default     = false
  nullable    = false
}

variable "bucket_policy_documents" {
  description = "Your own bucket policy documents (JSON strings) to merge with the module's statements. A statement with one of the module's Sids is refused: it can add to the protection, not replace it."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for document in var.bucket_policy_documents : can(jsondecode(document).Statement)])
    error_message = "bucket_policy_documents: item(s) ${join(", ", [for index, document in var.bucket_policy_documents : index if !can(jsondecode(document).Statement)])} (counted from 0) are not JSON objects with a Statement: pass the json attribute of an aws_iam_policy_document, or jsonencode({ Version = ..., Statement = [...] })."
  }
}

################################################################################
# Key
################################################################################

variable "kms_key_alias" {
  description = "Alias of the key, beginning with `alias/`; null: `alias/<bucket_name>` with dots as hyphens. For people to find the key by; the backend configuration always uses the key's ARN."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_alias == null ? true : can(regex("^alias/[A-Za-z0-9/_-]{1,250}$", var.kms_key_alias))
    error_message = "kms_key_alias=${jsonencode(var.kms_key_alias)}: \"alias/\" followed by 1 to 250 of the characters A-Z a-z 0-9 / _ - is allowed, or null for alias/<bucket_name>."
  }

  validation {
    condition     = var.kms_key_alias == null ? true : !startswith(var.kms_key_alias, "alias/aws/")
    error_message = "kms_key_alias=${jsonencode(var.kms_key_alias)} begins with alias/aws/, which AWS keeps for its own keys: choose another name after alias/."
  }
}

variable "kms_deletion_window_days" {
  description = "How many days (7 to 30) the key waits in PendingDeletion after it was destroyed. In that time the deletion can be cancelled; afterwards every state and every version of it is unreadable for ever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.kms_deletion_window_days >= 7 && var.kms_deletion_window_days <= 30 && floor(var.kms_deletion_window_days) == var.kms_deletion_window_days
    error_message = "kms_deletion_window_days=${var.kms_deletion_window_days}: a whole number of days from 7 to 30 is allowed (KMS's limits)."
  }
}

variable "kms_rotation_period_days" {
  description = "Days between automatic rotations of the key material (90 to 2560). Rotation cannot be switched off; old material is kept by KMS, so nothing becomes unreadable."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.kms_rotation_period_days >= 90 && var.kms_rotation_period_days <= 2560 && floor(var.kms_rotation_period_days) == var.kms_rotation_period_days
    error_message = "kms_rotation_period_days=${var.kms_rotation_period_days}: a whole number of days from 90 to 2560 is allowed (KMS's limits)."
  }
}

variable "kms_administrator_arns" {
  description = "IAM users, roles or account roots that may administer the key (change its policy, schedule its deletion), beside whatever IAM of this account grants. They must exist, or KMS refuses the policy. None by default: the account's own IAM decides."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_administrator_arns : can(regex("^arn:aws[a-z0-9-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]+)$", arn))])
    error_message = "kms_administrator_arns: ${jsonencode([for arn in var.kms_administrator_arns : arn if !can(regex("^arn:aws[a-z0-9-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]+)$", arn))])} not allowed: each must be arn:<partition>:iam::<12 digits>:role/<name>, :user/<name> or :root, without wildcards (for an assumed role give the role, not the session)."
  }
}

variable "kms_user_arns" {
  description = "IAM users, roles or account roots that the key policy itself lets encrypt and decrypt, e.g. of another account. They must exist. None by default: in this account an IAM policy such as `read_write_policy_json` is enough."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_user_arns : can(regex("^arn:aws[a-z0-9-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]+)$", arn))])
    error_message = "kms_user_arns: ${jsonencode([for arn in var.kms_user_arns : arn if !can(regex("^arn:aws[a-z0-9-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]+)$", arn))])} not allowed: each must be arn:<partition>:iam::<12 digits>:role/<name>, :user/<name> or :root, without wildcards (for an assumed role give the role, not the session)."
  }
}

################################################################################
# Locking
################################################################################

variable "lock_mode" {
  description = "How runs keep out of each other's way: `dynamodb` (lock table), `s3` (a lock file beside the state, Terraform 1.10 or newer, no table) or `both` (each run takes both locks: the step between, while machines with either configuration are still about)."
  type        = string
  default     = "dynamodb"
  nullable    = false

  validation {
    condition     = contains(["dynamodb", "s3", "both"], var.lock_mode)
    error_message = "lock_mode=${jsonencode(var.lock_mode)}: one of \"dynamodb\", \"s3\" and \"both\" is allowed."
  }
}

variable "lock_table_name" {
  description = "Name of the DynamoDB lock table, 3 to 255 characters; null: `<bucket_name>-locks`. Without use, and so refused, in lock_mode s3."
  type        = string
  default     = null

  validation {
    condition     = var.lock_table_name == null ? true : can(regex("^[A-Za-z0-9_.-]{3,255}$", var.lock_table_name))
    error_message = "lock_table_name=${jsonencode(var.lock_table_name)}: 3 to 255 of the characters A-Z a-z 0-9 _ . - are allowed (DynamoDB's rule), or null for <bucket_name>-locks."
  }

  validation {
    condition     = var.lock_table_name == null || var.lock_mode != "s3"
    error_message = "lock_table_name=${jsonencode(var.lock_table_name)} has no effect with lock_mode=\"s3\", which has no table: leave it out, or choose lock_mode \"dynamodb\" or \"both\"."
  }
}

variable "lock_table_deletion_protection" {
  description = "Whether DynamoDB refuses to delete the lock table. While it is on, `terraform destroy` stops at the table before it has touched anything else. Switch it off, and apply, before a destroy or before lock_mode s3."
  type        = bool
  default     = true
  nullable    = false
}

################################################################################
# Replication
################################################################################

variable "replication" {
  description = "A copy of every state version in another bucket, best in another region; null: none. `destination_bucket_arn`: an existing, versioned bucket. `destination_kms_key_arn`: the full ARN of a key in *its* region. `role`: an existing replication role, as an object because its ARN may be unknown at plan time; the module makes one unless given. `permissions_boundary_arn`: for the role that the module makes. `storage_class`: of the copies, default that of the source. Objects from before it was switched on are not copied."
  type = object({
    destination_bucket_arn   = string
    destination_kms_key_arn  = string
    role                     = optional(object({ arn = string }))
    permissions_boundary_arn = optional(string)
    storage_class            = optional(string)
  })
  default = null

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:aws[a-z0-9-]*:s3:::[a-z0-9.-]{3,63}$", var.replication.destination_bucket_arn))
    error_message = "replication.destination_bucket_arn=${jsonencode(try(var.replication.destination_bucket_arn, null))}: the ARN of a bucket, arn:<partition>:s3:::<bucket>, is allowed."
  }

  validation {
    condition     = var.replication == null ? true : try(split(":", var.replication.destination_bucket_arn)[5], "") != var.bucket_name
    error_message = "replication.destination_bucket_arn=${jsonencode(try(var.replication.destination_bucket_arn, null))} is the state bucket itself (bucket_name): give another bucket, best in another region."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.replication.destination_kms_key_arn))
    error_message = "replication.destination_kms_key_arn=${jsonencode(try(var.replication.destination_kms_key_arn, null))}: the full ARN of a key, arn:<partition>:kms:<region>:<12 digits>:key/<id>, is allowed; an alias is not, the replication role could not be limited to it."
  }

  validation {
    condition     = try(var.replication.role, null) == null ? true : can(regex("^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/.+$", var.replication.role.arn))
    error_message = "replication.role.arn=${jsonencode(try(var.replication.role.arn, null))}: the ARN of a role, arn:<partition>:iam::<12 digits>:role/<name>, is allowed, or no role at all: then the module makes one."
  }

  validation {
    condition     = try(var.replication.permissions_boundary_arn, null) == null ? true : can(regex("^arn:aws[a-z0-9-]*:iam::([0-9]{12}|aws):policy/.+$", var.replication.permissions_boundary_arn))
    error_message = "replication.permissions_boundary_arn=${jsonencode(try(var.replication.permissions_boundary_arn, null))}: the ARN of a policy, arn:<partition>:iam::<12 digits or aws>:policy/<name>, is allowed."
  }

  validation {
    condition     = var.replication == null ? true : var.replication.role == null || var.replication.permissions_boundary_arn == null
    error_message = "replication.permissions_boundary_arn has no effect on the role given in replication.role: leave one of them out."
  }

  validation {
    condition     = try(var.replication.storage_class, null) == null ? true : contains(["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"], var.replication.storage_class)
    error_message = "replication.storage_class=${jsonencode(try(var.replication.storage_class, null))}: one of STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING and GLACIER_IR is allowed (a copy of a state must be readable at once), or null for that of the source."
  }
}

################################################################################
# Who may use it, and how it is used
################################################################################

variable "state_key" {
  description = "Key of the state object in `backend_config`, up to 1000 characters, and of the lock file whose old versions are cleared after a day. Other states can live in the same bucket."
  type        = string
  default     = "terraform.tfstate"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.'()=@+:/-]{1,1000}$", var.state_key))
    error_message = "state_key=${jsonencode(var.state_key)}: 1 to 1000 of the characters A-Z a-z 0-9 ! _ . ' ( ) = @ + : / - are allowed (anything else needs escaping in policies or addresses)."
  }

  validation {
    condition     = !startswith(var.state_key, "/") && !endswith(var.state_key, "/") && !strcontains(var.state_key, "//")
    error_message = "state_key=${jsonencode(var.state_key)}: must not begin or end with a slash nor have two in a row (Terraform's S3 backend refuses it)."
  }

  validation {
    condition     = !startswith(var.state_key, "${var.workspace_key_prefix}/")
    error_message = "state_key=${jsonencode(var.state_key)} begins with ${jsonencode("${var.workspace_key_prefix}/")} (workspace_key_prefix), where Terraform keeps the states of other workspaces: choose a key outside it."
  }

  validation {
    condition     = !endswith(var.state_key, ".tflock")
    error_message = "state_key=${jsonencode(var.state_key)} ends with .tflock, the ending of lock files: choose another key, such as \"terraform.tfstate\"."
  }
}

variable "state_key_prefix" {
  description = "What state keys must begin with for `read_write_policy_json` and `read_only_policy_json` to cover them, e.g. `team-a/`; null: every state in the bucket. End it with a slash, or `team-a` also covers `team-abc/`. State names stay visible to all holders: Terraform lists the whole bucket."
  type        = string
  default     = null

  validation {
    condition     = var.state_key_prefix == null ? true : can(regex("^[A-Za-z0-9!_.'()=@+:/-]{1,900}$", var.state_key_prefix))
    error_message = "state_key_prefix=${jsonencode(var.state_key_prefix)}: 1 to 900 of the characters A-Z a-z 0-9 ! _ . ' ( ) = @ + : / - are allowed (a * or ? would be a wildcard in the policy), or null for every state."
  }

  validation {
    condition     = var.state_key_prefix == null ? true : !startswith(var.state_key_prefix, "/") && !strcontains(var.state_key_prefix, "//")
    error_message = "state_key_prefix=${jsonencode(var.state_key_prefix)}: must not begin with a slash nor have two in a row; no state key does."
  }

  validation {
    condition     = var.state_key_prefix == null ? true : startswith(var.state_key, var.state_key_prefix)
    error_message = "state_key=${jsonencode(var.state_key)} does not begin with state_key_prefix=${jsonencode(var.state_key_prefix)}: the policies would not cover the state of backend_config. Set state_key to e.g. ${jsonencode("${coalesce(var.state_key_prefix, "-")}terraform.tfstate")}."
  }
}

variable "workspace_key_prefix" {
  description = "Under which prefix Terraform keeps the states of workspaces other than `default`. In `backend_config` when it is not Terraform's own default `env:`; the policies grant the deletion of states only there."
  type        = string
  default     = "env:"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.'()=@+:-]+(/[A-Za-z0-9!_.'()=@+:-]+)*$", var.workspace_key_prefix))
    error_message = "workspace_key_prefix=${jsonencode(var.workspace_key_prefix)}: one or more of the characters A-Z a-z 0-9 ! _ . ' ( ) = @ + : - are allowed, with single slashes between, none at the beginning or end."
  }
}

variable "iam_policy" {
  description = "An IAM policy that holds `read_write_policy_json`, for you to attach; null: none. `name`: 1 to 128 characters, unique in the account. `path`: begins and ends with a slash. `description`: cannot be changed later without a new policy."
  type = object({
    name        = string
    path        = optional(string, "/")
    description = optional(string)
  })
  default = null

  validation {
    condition     = var.iam_policy == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,128}$", var.iam_policy.name))
    error_message = "iam_policy.name=${jsonencode(try(var.iam_policy.name, null))}: 1 to 128 of the characters A-Z a-z 0-9 _ + = , . @ - are allowed."
  }

  validation {
    condition     = var.iam_policy == null ? true : can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.iam_policy.path))
    error_message = "iam_policy.path=${jsonencode(try(var.iam_policy.path, null))}: \"/\" or a path that begins and ends with a slash, such as \"/terraform/\", is allowed."
  }
}

variable "tags" {
  description = "Tags for everything that can be tagged: up to 50, keys 1 to 128 and values up to 256 characters. The provider's default_tags apply as well."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags has ${length(var.tags)} entries: AWS allows 50."
  }

  validation {
    condition     = alltrue([for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && (value == null ? false : length(value) <= 256)])
    error_message = "tags: ${jsonencode([for key, value in var.tags : key if !(length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && (value == null ? false : length(value) <= 256))])} not allowed: keys have 1 to 128 characters and do not begin with aws:, values have up to 256 and are not null."
  }
}
