# Every target starts from a fresh clone: python3 (3.11 or newer) and make are enough.
PYTHON  ?= python3
WORKERS ?= 2
ARGS    ?=

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
NODE  := tests/servers/node
INSTALLED := $(NODE)/node_modules/.package-lock.json
LOCK  := pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url \
  --no-emit-trusted-host --no-emit-find-links --no-emit-options

.DEFAULT_GOAL := help
.PHONY: help test lint format bench accuracy redirects demo lock node clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: $(READY) node ## run the tests; says at the end what it had to leave out, and why
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(READY) ## ruff and mypy, nothing is changed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## let ruff tidy the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## measure requests, time and memory against servers on this machine
	@$(BIN)/python -m tests.bench $(ARGS)

accuracy: $(READY) node ## audit every test server, compare with its route table, write docs/accuracy.md
	@$(BIN)/python -m tests.accuracy $(ARGS)

redirects: $(READY) ## measure what clients do when they are redirected; write the table and docs/redirects.md
	@$(BIN)/python -m tests.redirects

demo: $(READY) ## audit a drifting demonstration service (drift is what it shows: exit code 1)
	@$(BIN)/auditor demo $(ARGS); code=$$?; test $$code -eq 1 || { echo "auditor demo ended with $$code instead of 1" >&2; exit 1; }

lock: $(READY) ## resolve requirements/*.txt anew (pip-tools is needed on PATH)
	@$(LOCK) --upgrade --extra bench --extra notify --output-file requirements/test.txt requirements/test.in pyproject.toml
	@$(LOCK) --constraint requirements/test.txt --output-file requirements/runtime.txt pyproject.toml
	@$(LOCK) --constraint requirements/test.txt --output-file requirements/build.txt requirements/build.in

clean: ## remove what the targets made
	@rm -rf $(VENV) $(NODE)/node_modules dist build .mypy_cache .ruff_cache .hypothesis

$(READY): requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "auditor needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)
	@echo "installing auditor, and what its demo and tests need, into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/test.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The Node servers are optional on a developer's machine: where npm is missing the tests that need them say so.
node:
	@if command -v npm >/dev/null 2>&1 && \
	    { [ ! -e $(INSTALLED) ] || [ $(INSTALLED) -ot $(NODE)/package-lock.json ]; }; then \
	  (cd $(NODE) && npm ci --no-audit --no-fund --loglevel=error >/dev/null && touch node_modules/.package-lock.json) \
	  || echo "npm ci failed: tests against Node servers will be left out" >&2; \
	fi
