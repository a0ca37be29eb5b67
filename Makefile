# Everything runs in a virtual environment that is made on first use.
# Needed beforehand: Python 3.10 or newer, git and make.

PYTHON ?= python3
VENV ?= .venv
RECIPE ?= apps/recipes/split_digits.flags
RUN_DIR ?= runs/$(basename $(notdir $(RECIPE)))
PYTEST_ARGS ?=
# The demonstration may be repeated; a long run of yours is never replaced.
REPLACE := $(if $(findstring split_digits.flags,$(RECIPE)),--overwrite)
RUNS ?= runs/*
PROBLEM ?= split_mnist
METHODS ?= weight_paper mask_bank unit_used unit_hard unit_inherit alone finetune
SEEDS ?= 1 2 3

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
# Files are shared out over two processes, of about 2.5 GB each.
WORKERS ?= 2
SAMPLE ?= 15
SEED ?= 1
ROOMS ?=
MUTANTS_ARGS ?=
WHEEL_STEPS ?= 200
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist=loadfile
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 10))
OLD_VENV = $(VENV) holds an older Python than 3.10. Remove it and try again.
OLD_PYTHON = Python 3.10 or newer is needed. Try: make PYTHON=python3.11

# TensorFlow: warnings and errors only.
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help train table comparison venv dev jax test test-slow test-jax test-jax-more wheel test-wheel mutants \
    lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' \
	    $(firstword $(MAKEFILE_LIST))

train: venv ## Train and export the smallest recipe (RECIPE=, RUN_DIR= for another)
	$(PY) apps/train.py --flagfile=$(RECIPE) --run_dir=$(RUN_DIR) $(REPLACE)
	$(PY) export/export_tflite.py --run_dir=$(RUN_DIR) --quantization=all --baseline \
	    --overwrite
	@echo
	@echo "Results:      $(RUN_DIR)/results.json"
	@echo "Plots:        $(RUN_DIR)/plots/"
	@echo "Edge models:  $(RUN_DIR)/export/*.tflite, one JSON beside each"
	@echo "Size report:  $(RUN_DIR)/export/report.json, size_accuracy.png"

table: venv ## Collect finished runs into a Markdown table (RUNS=)
	@$(PY) apps/report.py --runs='$(RUNS)'

comparison: venv ## Learn a problem with each method, and compare (PROBLEM=, METHODS=, SEEDS=)
	@for seed in $(SEEDS); do for method in $(METHODS); do \
	    run=runs/cmp_$(PROBLEM)_$${method}_$$seed; \
	    test -f $$run/plots/accuracy_matrix.png || $(PY) apps/train.py \
	        --flagfile=apps/recipes/problems/$(PROBLEM).flags \
	        --flagfile=apps/recipes/methods/$$method.flags --nomeasure_unseen \
	        --seed=$$seed --run_dir=$$run --overwrite || exit 1; \
	done; done
	@$(PY) apps/compare.py --runs='runs/cmp_$(PROBLEM)_*' \
	    --output=docs/results/$(PROBLEM).md

test: dev ## Run the fast tests (PYTEST_ARGS= for more options)
	KERAS_BACKEND=tensorflow $(PYTEST) $(PYTEST_ARGS)

test-slow: dev ## Run the slow tests
	KERAS_BACKEND=tensorflow $(PYTEST) -m slow $(PYTEST_ARGS)

test-jax: jax ## Run the fit tests on the JAX backend
	KERAS_BACKEND=jax $(PYTEST) -m "backend and not slow" $(PYTEST_ARGS)

test-jax-more: jax ## Run more of them, in depth
	KERAS_BACKEND=jax $(PYTEST) -m "(backend or backend_more) and not slow" $(PYTEST_ARGS)

wheel: venv ## Build the installable package into dist/
	@rm -rf build/lib dist
	@$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps \
	    --wheel-dir=dist .

# The pins are constraints: an environment that is empty gets what is tested.
test-wheel: wheel ## Install the package into an empty environment, and run its commands there
	@rm -rf build/wheel && mkdir -p build/wheel
	@$(PYTHON) -m venv build/wheel/venv
	@build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check \
	    --constraint=requirements.txt "$$(ls dist/*.whl)[export]"
	@cd build/wheel && venv/bin/hypermask train --benchmark=split_digits \
	    --steps_per_task=$(WHEEL_STEPS) --run_dir=x && venv/bin/hypermask export --run_dir=x

mutants: dev ## Put small faults into the code; do tests see them? (ROOMS=, SAMPLE=, SEED=)
	KERAS_BACKEND=tensorflow $(PY) -m tools.mutants --sample=$(SAMPLE) --seed=$(SEED) \
	    --workers=$(WORKERS) $(if $(ROOMS),--rooms=$(ROOMS)) $(MUTANTS_ARGS)

lint: dev ## Check style, format and types
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy

clean: ## Remove caches and build results; keeps runs/ and the environment
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

venv: $(VENV)/.installed ## Make the environment, with what runs the code
dev: $(VENV)/.installed-dev ## The same, with what tests the code
jax: $(VENV)/.installed-jax ## The same, with JAX

# A stamp is newer than the file it installed.
$(VENV)/.created:
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "$(OLD_PYTHON)" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@$(PY) -c '$(NEW_ENOUGH)' || { echo "$(OLD_VENV)" >&2; exit 1; }
	@touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.created
	@echo "Installing $< into $(VENV); the first time takes some minutes."
	@$(PIP) -r $<
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing $< into $(VENV)."
	@$(PIP) -r $<
	@touch $@

$(VENV)/.installed-jax: requirements-jax.txt $(VENV)/.installed-dev
	@echo "Installing $< into $(VENV)."
	@$(PIP) -r $<
	@touch $@
