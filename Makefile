# `make demo` and `make test` need only python3 (3.11+), make and a network to the package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak mutants bench docs screenshots lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

setup: $(READY) ## create .venv and install everything from the hash-pinned lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Handoff needs Python 3.11 or later; $(PYTHON) is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/pip --disable-pip-version-check check >/dev/null || $(BIN)/pip --disable-pip-version-check check
	@touch $(READY)

demo: $(READY) ## the main job, end to end, against a local sandbox
	$(BIN)/handoff demo

test: $(READY) ## all tests
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(READY) ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(READY) ## 2,000 kills and 500 pauses, with the table of crash points (about half an hour)
	$(BIN)/python -m tests.proof.campaigns

mutants: $(READY) ## the ledger without each of its rules: the tests must catch every one
	$(BIN)/python -m tests.mutants

bench: $(READY) ## speed and memory, as ratios in one run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	$(BIN)/python -m benchmarks

docs: $(READY) ## write docs/reference anew from the code
	$(BIN)/python docs/reference.py

screenshots: $(READY) ## take docs/screenshots anew, of every page at two widths, light and dark
	$(BIN)/python -m tests.browser.screenshots

lock: ## write the lock files anew (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev -q pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev --extra bench -c requirements.lock -q pyproject.toml -o requirements-bench.lock

clean: ## remove what setup and runs created
	rm -rf $(VENV) .handoff .mypy_cache .ruff_cache .pytest_cache
