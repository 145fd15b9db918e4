# Every target works on a fresh clone: it first makes .venv, or brings it up to date.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# Networks as small as these gain nothing from more threads, and lose much where cores are shared.
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow reproduce lint bench

help:           ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*## /: /'

setup: $(READY) ## make .venv with the versions the tests ran with

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]' --constraint constraints.txt
	touch $@

demo: $(READY)  ## search students of specs/digits.fit, and train the best one again by its own spec
	$(BIN)/fit search specs/digits.fit
	$(BIN)/fit train $$(ls -d searches/digits/*/ | tail -1)best.fit

test: $(READY)  ## run the tests
	$(BIN)/pytest --numprocesses 2 --dist worksteal

reproduce: $(READY) ## train samples of the tables of docs/reproduction.md anew, and compare
	$(BIN)/python benchmarks/fitnets/study.py --again

test-slow: $(READY) ## run the tests that take long
	$(BIN)/pytest -m slow

lint: $(READY)  ## check layout, style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/biome check --error-on-warnings

bench: $(READY) ## measure what the docs state
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done
