# Targets that need the environment (all but clean and help) set it up first: a minute or two once, no time afterwards.
PYTHON3 ?= python3
PYTEST_ARGS ?=
STUDY_ARGS ?=
TABLE_ARGS ?=
LOCK_ARGS ?=

# TFX starts pip and other commands of the environment by name. TensorFlow's C++ notes on missing GPUs help nobody here;
# what goes wrong reaches the user as a Python exception.
TF_CPP_MIN_LOG_LEVEL ?= 3
IN_ENV := PATH="$(CURDIR)/.venv/bin:$$PATH" TF_CPP_MIN_LOG_LEVEL=$(TF_CPP_MIN_LOG_LEVEL)

.DEFAULT_GOAL := help
.PHONY: help env run test check bench study table docs kubeflow lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

env: ## make .venv from requirements.lock (PYTHON=/path/to/python3.10 picks the interpreter)
	@$(PYTHON3) scripts/bootstrap.py

run: env ## the whole pipeline on generated faces, into runs/demo
	@$(IN_ENV) cafer run --out runs/demo --min-ccc 0.7

# In the order of collection: files with few tests are the longest ones, and would come last.
test: env ## the tests, a file at a time on each processor (PYTEST_ARGS="-x -k margins" passes options to pytest)
	@$(IN_ENV) pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: env ## lint, format, types, layers and doctests
	@$(IN_ENV) ruff check .
	@$(IN_ENV) ruff format --check .
	@$(IN_ENV) mypy
	@$(IN_ENV) lint-imports
	@$(IN_ENV) pytest --quiet --doctest-modules cafer_tf pipeline

bench: env ## every benchmark, one table each
	@for file in $(filter-out benchmarks/person_independence.py,$(wildcard benchmarks/*.py)); do echo "$$file"; $(IN_ENV) python "$$file" || exit; done

study: env ## the ablation study of person independence, into runs/study; hours, goes on where it was (docs/study.md)
	@$(IN_ENV) python benchmarks/person_independence.py --plot runs/study/comparison.png $(STUDY_ARGS)

table: env ## the poster's table on rendered faces, into runs/table; hours, goes on where it was (docs/table.md)
	@$(IN_ENV) cafer benchmark table --preset short --people 60 --images-per-person 60 --seeds 3 \
		--set jang2019:training.learning_rate=1e-4 --set kollias2018:training.learning_rate=1e-5 $(TABLE_ARGS)

docs: env ## the documentation, into site/ (warnings are errors)
	@$(IN_ENV) NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet

kubeflow: env ## make .venv-kubeflow from requirements-kubeflow.lock, and check the pipeline as Vertex AI would get it
	@$(IN_ENV) uv venv --quiet --allow-existing --python .venv/bin/python .venv-kubeflow
	@$(IN_ENV) uv pip sync --quiet --python .venv-kubeflow/bin/python --require-hashes \
		--build-constraints requirements-kubeflow.lock requirements-kubeflow.lock
	@$(IN_ENV) pytest tests/pipeline/test_kubeflow_v2_runner.py $(PYTEST_ARGS)

lock: env ## resolve setup.py again; versions that still fit are kept (LOCK_ARGS="--upgrade-package NAME" moves one)
	@$(IN_ENV) uv pip compile setup.py $(foreach extra,app client dev docs export faces video,--extra $(extra)) \
		--python .venv/bin/python --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock $(LOCK_ARGS)
	@$(IN_ENV) uv pip compile setup.py --extra kubeflow --python .venv/bin/python --generate-hashes \
		--no-annotate --no-header --quiet --output-file requirements-kubeflow.lock

clean: ## remove both environments, caches and build results; runs/ stays
	rm -rf .venv .venv.old .venv-kubeflow build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
