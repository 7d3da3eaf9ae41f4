# Everything that is done in this repository; `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

LABEXTENSION := .venv/share/jupyter/labextensions/nbtrain
LABEXTENSION_SOURCES := $(wildcard labextension/*.json labextension/schema/* labextension/style/*) \
  $(shell find labextension/src -type f) $(wildcard nbtrain/notebook/chart/*)

.DEFAULT_GOAL := help
.PHONY: help setup labextension demo test test-full bench check lab format

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv with everything that development needs

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nbtrain needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,test]'
	touch $(STAMP) $(LABEXTENSION)/package.json

labextension: $(LABEXTENSION)/package.json  ## build the JupyterLab extension anew where its sources changed

$(LABEXTENSION)/package.json: $(STAMP) $(LABEXTENSION_SOURCES)
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm install --silent && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build:prod
	rm -rf $(LABEXTENSION)
	cp -R nbtrain/labextension $(LABEXTENSION)
	cp labextension/install.json $(LABEXTENSION)
	touch $@

demo: $(STAMP)  ## run notebooks/quickstart.ipynb on the embedded model and data
	$(BIN)/python scripts/run_notebook.py notebooks/quickstart.ipynb build/quickstart.ipynb

test: $(STAMP) labextension  ## run all tests, real kernels, browsers and trainings included
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest $(ARGS)

test-full: $(STAMP) labextension  ## run also what takes long
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest -m '' $(ARGS)

bench: $(STAMP)  ## measure against a plain Trainer, and what nbtrain costs, into benchmarks/RESULTS.md: takes hours
	$(BIN)/python -m benchmarks $(ARGS)

check: $(STAMP)  ## ruff, mypy and the TypeScript compiler
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

format: $(STAMP)  ## have ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(STAMP) labextension  ## open the quickstart in JupyterLab
	$(BIN)/jupyter lab notebooks/quickstart.ipynb
