PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo dev test lint format bench clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "%-8s %s\n", $$1, $$2}'

# torch first and by exact pin: that keeps the install small where there are only CPUs
$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch==2.13.0
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.runtime  ## synthesise a crate and feeds, materialise the whole graph, render a mix
	$(BIN)/backbeat demo

dev: $(VENV)/.runtime  ## serve the web UI with schedules, sensors and automation running
	$(BIN)/backbeat dev

lint: $(VENV)/.dev  ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## lint, then every test
	$(BIN)/python -m pytest --numprocesses $(WORKERS)

format: $(VENV)/.dev  ## rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## run every benchmark
	@for name in $$(grep -l 'add_argument("--json"' bench/*.py | xargs -n1 basename | sed 's/\.py$$//'); do \
		echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

clean:  ## remove the environment and the caches (never data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
