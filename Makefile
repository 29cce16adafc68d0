# make demo   set everything up and start the demo district
# make test   set up what the tests need, then lint, types, import contracts and all tests but those marked slow
# make test ALL=1   with the slow ones, followed by coverage: what the integration machine runs
# make screenshots  take the pictures of docs/user-manual.md again
# make bench  measure against the named peers (ONLY=bench_tiles for one); tables go to docs/benchmarks.md by hand
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= var/demo
BIN := $(VENV)/bin

# Files whose change means that the environment must be made again.
SETUP := pyproject.toml geoapp/web/frontend/package-lock.json geoapp/web/frontend/build_hook.py
# Compiled modules are kept: otherwise both test processes and every server they start compile all of them again.
unexport PYTHONDONTWRITEBYTECODE
COVERED_FULLY := geoapp/domain/*,geoapp/analysis/*,geoapp/rules/*,geoapp/statistics/*

.PHONY: demo test bench lint types imports kernels tests system system-bench screenshots clean

demo: $(VENV)/.installed
	$(BIN)/geoapp demo --host $(HOST) --port $(PORT) --data-dir $(DATA_DIR) $(if $(SIGN_IN),--sign-in)

test: system $(VENV)/.installed-test
	$(MAKE) -j 2 kernels lint types imports
	$(MAKE) tests

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

kernels:
	$(BIN)/python -m geoapp.tiles.readiness  # compile once, not inside a test that waits for a server

PYTEST := $(BIN)/python -m pytest -q -n 2 --dist worksteal --durations=15

tests: kernels
ifdef ALL
	$(BIN)/coverage erase
	$(PYTEST) --cov --cov-report= --cov-fail-under=0
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --include='$(COVERED_FULLY)' --fail-under=100
else
	$(PYTEST) -m 'not slow'
endif

bench: system-bench $(VENV)/.installed-bench
	$(BIN)/python -m tests.bench $(ONLY)

screenshots: system $(VENV)/.installed-test
	$(BIN)/python -m tests.browser.take_screenshots

system:
	@sh .ci/system.sh tests

system-bench:
	@sh .ci/system.sh bench

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "geoapp needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3-venv is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python $(SETUP)
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/bin/python $(SETUP)
	$(BIN)/python -m pip install --quiet -e '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/bin/python $(SETUP)
	$(BIN)/python -m pip install --quiet -e '.[test,bench]'
	@touch $@ $(VENV)/.installed-test $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist var geoapp/web/static/vendor .coverage* .mypy_cache .ruff_cache .pytest_cache
