# demo, test, check and torture, and what keeps them going. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check torture bench bench-large format lock clean compiled setup setup-run docs
.DEFAULT_GOAL := demo

setup-run: $(VENV)/.run-ready
setup: $(VENV)/.test-ready

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bqlrun needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: $(BIN)/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

$(VENV)/.test-ready: $(BIN)/python requirements/test.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run-ready

demo: setup-run
	$(BIN)/bqlrun run specs/demo.yaml

# Tests and benchmarks start the program some thousand times: it is compiled once, as an installed one is.
compiled: setup
	$(BIN)/python -m compileall -q runner

test: compiled
	$(BIN)/python -m pytest -n 4 --no-loadscope-reorder

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Every kill and every refusal, one by one: some minutes, one table.
torture: compiled
	$(BIN)/python -m tests.torture

# Every figure beside its counterpart, in minutes; bench-large also takes what needs an hour and tens of gigabytes.
# `make bench TABLE=docs/benchmarks.md` puts the table into the documentation.
TABLE ?= build/benchmarks.md
bench: compiled
	$(BIN)/python -m benchmarks --markdown $(TABLE)

bench-large: compiled .venv-peers/.ready
	$(BIN)/python -m benchmarks --large --markdown $(TABLE)

# Airbyte and dlt, which share no environment with us.
.venv-peers/.ready: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --require-hashes -r benchmarks/peers/requirements.txt
	touch $@

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is written from the source: every error and message, every key of a spec.
docs: setup
	$(BIN)/python -m tests.errortable > docs/errors.md
	$(BIN)/python -m tests.specpage > docs/spec.md

# The locks hold a hash of every file and the name of no host.
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv
	for name in requirements/run requirements/test benchmarks/peers/requirements; do \
	  .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	  --no-emit-index-url --no-header --output-file $$name.txt $$name.in; done
	rm -rf .venv-lock

clean:
	rm -rf $(VENV) .venv-peers .bqlrun downloads build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
