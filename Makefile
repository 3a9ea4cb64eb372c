# `make help` lists what there is. Everything is installed into .venv and ~/.cache/nfs-steward, nothing on the machine.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The machine's own Python where it is new enough (3.11), else the oldest that is.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
STAMP := .venv/.complete
LOCK := UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links pyproject.toml

NEEDS_A_CLUSTER := cluster or node or image
INSTALLATIONS := tests/on_node tests/release
ON_THE_TESTBED := tests/cluster tests/image tests/moving_in

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Make .venv with the nfs-steward command in it, from the lock file

$(STAMP): requirements-dev.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "no Python 3.11 or later found; PYTHON=... names one"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "type: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup ## Play the story of NFS on Kubernetes, without and with nfs-steward, then stay up
	@$(BIN)/nfs-steward demo

# The Kubernetes programs take ten minutes to build the first time; the unit tests need none of them. The tests of whole
# installations mostly wait, first for those programs, then for Pods: they run beside all others. So do the two halves of
# the rest, each with a cluster of its own. What runs beside something else is shown at the end.
.PHONY: test
test: setup ## Run all tests; what cannot be had here is skipped (REQUIRE_ALL=1: fails)
	@mkdir -p build; \
	$(BIN)/nfs-steward testbed prepare & prepare=$$!; \
	$(BIN)/pytest $(INSTALLATIONS) >build/test-installations.log 2>&1 & installations=$$!; \
	trap 'kill $$prepare $$installations $${beside:-} 2>/dev/null || true; wait' EXIT; \
	trap 'exit 130' INT; \
	failed=0; \
	$(BIN)/pytest -m 'not ($(NEEDS_A_CLUSTER))' || failed=1; \
	wait $$prepare || failed=1; \
	$(BIN)/pytest -m '$(NEEDS_A_CLUSTER)' $(INSTALLATIONS:%=--ignore=%) $(ON_THE_TESTBED:%=--ignore=%) \
		>build/test-others.log 2>&1 & beside=$$!; \
	$(BIN)/pytest -m '$(NEEDS_A_CLUSTER)' $(ON_THE_TESTBED) || failed=1; \
	wait $$beside || failed=1; \
	cat build/test-others.log; \
	wait $$installations || failed=1; \
	cat build/test-installations.log; \
	exit $$failed

.PHONY: test-fast
test-fast: setup ## Run the tests that need no cluster
	@$(BIN)/pytest -m 'not ($(NEEDS_A_CLUSTER))'

.PHONY: lint
lint: setup ## Check style, types, the arrows between the packages, the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

.PHONY: bench
bench: setup ## Measure against the peers; one table, also in build/bench.json
	@$(BIN)/python -m bench

IMAGE ?= nfs-steward:$(VERSION)
TARGET ?=
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

.PHONY: image
image: ## Build the container image with docker, podman or buildah, else for this machine (docs/image.md)
	@for engine in docker podman buildah; do \
		if $$engine info >/dev/null 2>&1; then \
			exec $$engine build $(if $(TARGET),--target=$(TARGET)) --tag=$(IMAGE) \
				--build-arg=VERSION=$(VERSION) --build-arg=REVISION=$(REVISION) .; \
		fi; \
	done; \
	$(MAKE) --no-print-directory setup && $(BIN)/nfs-steward testbed image --target=$(TARGET)

.PHONY: generate
generate: setup ## Write the chart's values.schema.json and dashboard anew
	@$(BIN)/python charts/values_schema.py > charts/nfs-steward/values.schema.json
	@$(BIN)/python charts/dashboard.py > charts/nfs-steward/dashboards/nfs-steward.json

.PHONY: lock
lock: setup ## Write the lock files anew from pyproject.toml
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
