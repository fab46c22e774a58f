# Each target works on a fresh checkout with only python3 (3.10 or newer) and its venv module:
# it makes .venv first, and makes it again only when a pyproject.toml or constraints.txt has changed.
#
#   make demo                      train, measure and compare four small models
#   make study                     a study of twelve models of torchvision, and its analysis, in build/study
#   make study PLAN=examples/study/plan.toml      of twelve small ones, in minutes
#   make test                      all tests, on the default interpreter and on every core
#   make test-all                  the same, then the part without torch on every other supported Python found
#   make test ARGS="-k quantity"   arguments for pytest
#   make PYTHON=python3.12 ...     another default interpreter
#
# torch comes as pip finds it. WATTWHAT_PIP hands pip further arguments, for instance an index with CPU builds.

SHELL = /bin/sh
PYTHON ?= python3
ARGS ?=
PLAN ?= examples/study/torchvision.toml
BIN = .venv/bin
PLUGINS = $(patsubst %/pyproject.toml,%,$(wildcard backends/*/pyproject.toml))
PACKAGES = wattwhat $(wildcard backends/*/wattwhat_*)

.PHONY: demo study test test-all coverage lint format docs bench build fuzz clean venv

demo: venv
	$(BIN)/python examples/demo.py $(ARGS)

# torchvision fits one torch only, so a study has an environment and pinned versions of its own.
study:
	@$(PYTHON) tools/environment.py .venv-study --constraints examples/study/constraints.txt study torchvision onnx report
	.venv-study/bin/wattwhat study run $(PLAN) --out build/study $(ARGS)
	.venv-study/bin/wattwhat study analyse build/study

test:
	$(PYTHON) tools/suites.py $(ARGS)

test-all:
	$(PYTHON) tools/suites.py --all $(ARGS)

# How much of the library the tests without torch run; the figure in CONTRIBUTING.md is printed by this.
coverage:
	@$(PYTHON) tools/environment.py .venv-coverage test coverage
	.venv-coverage/bin/python -m pytest -q -n auto --cov=wattwhat --cov-report=term:skip-covered $(ARGS)

lint: venv
	@status=0; set -x; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/mypy --strict $(PACKAGES) tools/*.py || status=1; \
	{ set +x; } 2>/dev/null; exit $$status

format: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs:
	@$(PYTHON) tools/environment.py .venv-docs docs
	.venv-docs/bin/python -m sphinx -W --keep-going -b html docs docs/_build/html

bench: venv
	$(BIN)/python -m benchmarks $(ARGS)

build: venv
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . $(addprefix ./,$(PLUGINS))
	@ls dist

# The laws again (tests that use hypothesis), each with thousands of fresh examples.
fuzz: venv
	$(BIN)/python -m pytest --hypothesis-profile=fuzz -m 'hypothesis or lengthy' $(ARGS)
	$(BIN)/python tools/fuzz_logs.py --runs 100000

clean:
	rm -rf .venv .venv-* dist build docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@$(PYTHON) tools/environment.py .venv
