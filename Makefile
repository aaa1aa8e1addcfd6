# One command each. Every target makes its own environment from the hashed locks; nothing needs installing by hand
# but Python 3.11+ with venv and pip, make and git.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.ready-demo
DEV_READY := $(VENV)/.ready-dev
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps
UV ?= uv
# No host of any registry stands in a lock, so whatever the reader's pip is told to use will do.
LOCK := $(UV) --no-config pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url $(LOCK_OPTIONS)
# Two workers share the two cores of a small machine; more cores, more workers.
PYTEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint lint-topping bench soak coverage pictures topping gallery lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "This needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Set PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv is missing: apt-get install python3-venv (or your system's package of that name)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(DEMO_READY): requirements-demo.txt | $(BIN)/python
	@echo "Installing what the demo needs into $(VENV) …"
	@$(PIP_INSTALL) -r requirements-demo.txt
	@touch $@

$(DEV_READY): requirements-dev.txt $(DEMO_READY)
	@echo "Installing what development needs into $(VENV) …"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

demo: $(DEMO_READY) ## everything on this machine: sandbox on :9000, web on :8000; Ctrl-C ends it
	@exec $(BIN)/python -m devtools.demo $(DEMO_OPTIONS)

demo-reset: $(DEMO_READY) ## forget what the demo has stored
	@exec $(BIN)/python -m devtools.demo --reset

test: $(DEV_READY) ## the whole suite, with a browser where a Chromium is found
	$(BIN)/pytest --numprocesses $(PYTEST_WORKERS) --dist loadscope

lint: $(DEV_READY) ## style, types, imports, templates, migrations, deploy settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m devtools.lint_templates
	$(BIN)/python -m devtools.lint_sentences
	$(BIN)/python -m devtools.lint_shape
	$(BIN)/python -m devtools.lint_deploy
	@$(MAKE) --no-print-directory lint-topping

lint-topping:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory topping; \
	elif [ "$$CI" = true ]; then echo "npm is missing, and CI checks the topping: apt-get install nodejs npm" >&2; exit 1; \
	else echo "npm is not installed here: the topping's package was not checked"; fi

topping/node_modules/.ready: topping/package-lock.json
	@command -v npm >/dev/null || { echo "Node and npm are missing: apt-get install nodejs npm" >&2; exit 1; }
	@cd topping && npm ci --no-progress --loglevel error
	@touch $@

topping: topping/node_modules/.ready ## check and zip the Bigin package with Zoho's own tool; TOPPING_URL=https://your.host
	@cd topping && node build.mjs

coverage: $(DEV_READY) ## how much of each module the tests without a browser run, and the total
	$(BIN)/pytest --numprocesses $(PYTEST_WORKERS) --dist loadscope -m "not soak and not browser" \
		--ignore tests/acceptance --ignore tests/sync_proof --cov --cov-report term:skip-covered

gallery: $(DEV_READY) ## a picture of every screen, taken by the browser tests: screenshots/index.html
	$(BIN)/pytest -m browser
	@$(BIN)/python -m devtools.gallery

pictures: $(DEV_READY) ## the pictures of docs/, made small from what `make gallery` took
	@$(BIN)/python -m devtools.doc_pictures

bench: $(DEV_READY) ## the benchmarks; CASE="first-sync panel peers sandbox" chooses
	$(BIN)/python -m benchmarks $(addprefix --case ,$(CASE))

soak: $(DEV_READY) ## thousands of crash and fault trials
	$(BIN)/pytest -m soak --timeout 0 --capture no

lock: ## write the locks again from pyproject.toml (LOCK_OPTIONS=--upgrade takes newer versions)
	@command -v $(UV) >/dev/null || { echo "uv is missing, and only this target needs it: pip install uv" >&2; exit 1; }
	$(LOCK) --all-extras --output-file requirements-dev.txt
	$(LOCK) --extra embedded --extra sandbox --constraint requirements-dev.txt --output-file requirements-demo.txt
	$(LOCK) --constraint requirements-dev.txt --output-file requirements.txt

clean: ## remove the environment and every cache
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build topping/node_modules staticfiles
