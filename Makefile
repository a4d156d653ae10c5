# `make run` opens the shop, `make test` proves it. Nothing else is needed than Python 3.11+, make and git.

VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test lint lock
.DEFAULT_GOAL := help

help:  ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: $(VENV)/installed  ## open the shop on http://127.0.0.1:8000 (PORT, HOST and more: docs/running.md)
	@exec $(BIN)/python -m dropshop.run --parent $$PPID

test: $(VENV)/installed-dev  ## the whole suite, with servers and a browser of its own (docs/testing.md)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/installed-dev  ## style, types, templates, the arrows between the apps, migrations, production settings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted; run: $(BIN)/ruff format ."; exit 1; }
	@find templates -name '*.html' | xargs --no-run-if-empty $(BIN)/djade --target-version 5.2 --check
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python -m deploy.check

lock:  ## choose the newest versions pyproject.toml allows, with hashes (wants uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --upgrade \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --upgrade \
		--custom-compile-command "make lock" --output-file requirements-dev.lock --constraint requirements.lock --group dev pyproject.toml

$(VENV)/installed: requirements.lock
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done; \
	test -n "$$python" || { echo "The shop needs Python 3.11 or newer, and finds none; name one: make run PYTHON=/path/to/python3"; exit 1; }; \
	echo "Installing the shop's packages into $(VENV) (once; a minute or two)"; \
	$$python -m venv $(VENV) || { echo "$$python cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing the packages of the tests into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@
