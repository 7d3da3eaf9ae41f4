# Everything that is done in this repository; `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full bench check lab format

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv with everything that development needs

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nbtrain needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,test]'
	touch $(STAMP)

demo: $(STAMP)  ## run notebooks/quickstart.ipynb on the embedded model and data
	$(BIN)/python scripts/run_notebook.py notebooks/quickstart.ipynb build/quickstart.ipynb

test: $(STAMP)  ## run all tests, real kernels, browsers and trainings included
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest $(ARGS)

test-full: $(STAMP)  ## run also what takes long
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest -m '' $(ARGS)

bench: $(STAMP)  ## report how soon a click in the panel is heard, and in force
	$(BIN)/python -m benchmarks.click_latency

check: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## have ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(STAMP)  ## open the quickstart in JupyterLab
	$(BIN)/jupyter lab notebooks/quickstart.ipynb
