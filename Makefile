# `make run` opens the shop, `make test` proves it. Nothing else is needed than Python 3.11+, make and git.

VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run forget-demo test thorough soak bench lint style types templates arrows migrations production lock
.DEFAULT_GOAL := help

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: $(VENV)/installed  ## open the shop on http://127.0.0.1:8000 (PORT, HOST and more: docs/running.md)
	@exec $(BIN)/python -m dropshop.machine.run --parent $$PPID

forget-demo: $(VENV)/installed  ## take the demo's people and goods out of a stopped shop, before it becomes a real one
	@exec $(BIN)/python -m dropshop.machine.run --only forget_demo

test: $(VENV)/installed-dev  ## the whole suite, with servers and a browser of its own (docs/testing.md)
	@$(PYTEST) -m "not thorough" $(ARGS)

thorough: $(VENV)/installed-dev  ## what is slow and rare, and many more random inputs than the suite draws; about fifteen minutes
	@THOROUGH=10 $(PYTEST) -m "thorough or drawn" --timeout 900 $(ARGS)

soak: $(VENV)/installed-dev  ## ten minutes of a shop whose processes are killed and frozen (ARGS="--minutes 1 --seed 7")
	@exec $(BIN)/python -m tests.soak $(ARGS)

bench: $(VENV)/installed  ## how fast the shop is beside what this machine can do (docs/benchmarks.md), a quarter of an hour or more
	@exec $(BIN)/python -m bench $(ARGS)

lint: style types templates arrows migrations production  ## style, types, templates, arrows between the apps, migrations, production settings

style: $(VENV)/installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted; run: $(BIN)/ruff format ."; exit 1; }
types: $(VENV)/installed-dev
	@$(BIN)/mypy
templates: $(VENV)/installed-dev
	@find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2 --check
arrows: $(VENV)/installed-dev
	@$(BIN)/lint-imports --no-logo
migrations: $(VENV)/installed-dev
	@env LOG_LEVEL=CRITICAL DATABASE_POOL=0 $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
production: $(VENV)/installed-dev
	@env $(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

# What a production machine would set; the values are made up, and all that counts is that the settings make of them is safe.
PRODUCTION = DROPSHOP_STATE=/nonexistent DROPSHOP_ENV=production DROPSHOP_PROXIES=1 ALLOWED_HOSTS=shop.example.com \
	EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend PAYMENT_GATEWAY=reservations.payments.gateways.Gateway \
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
	DROPSHOP_FIELD_KEYS=lint:$$($(BIN)/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')

lock:  ## choose the newest versions pyproject.toml allows, with hashes (wants uv)
	uv pip compile --quiet --universal --generate-hashes --upgrade \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --upgrade \
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
