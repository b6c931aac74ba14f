# Qaqpa: every command of this repository. `make` alone lists them.
#
# There is one virtual environment, .venv, with everything of requirements/dev.txt, for the demo too: the demo's police receiver
# (pysiaalarm) is there anyway, one set of pins is one thing to get wrong instead of two, and `make test` after `make demo`
# fetches nothing more. A gate PC or a server installs requirements/bridge.txt or requirements/services.txt instead.

PYTHON ?= python3
PREPARE = $(PYTHON) -m deploy.prepare $(if $(filter 0,$(INSTALL)),--no-install)
BIN := .venv/bin
# Rooms of Python code that the checks look at.
CODE := schemas services turnstile_bridge deploy bench tests
# Most of a test's time is waiting for a broker, a page or a deadline: two at a time, each with parts of its own.
WORKERS ?= 2
# As on a fresh clone, whatever this shell has activated.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help prepare demo test check style types imports bench requirements messages clean python-is-new-enough

help: ## list what can be typed here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

prepare: python-is-new-enough ## make this checkout ready (FOR=test: for the tests too; INSTALL=0: never install system packages)
	@$(PREPARE) --for $(or $(FOR),demo)

demo: prepare ## play a school morning on real parts, then stay up (ONCE=1: play it, check it, write var/demo/report.json, end)
	@$(BIN)/python -m deploy.demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(PORT),--port $(PORT))

test: FOR = test
test: prepare style types imports ## everything that CI runs (WORKERS=1: one test after the other)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: prepare style types imports ## the quick part: style, types, imports, and the tests that need no Kafka, SQL server or browser
	@$(BIN)/python -m pytest -m "not parts" $(ARGS)

style: prepare ## ruff: rules and format
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo "Type: $(BIN)/ruff format $(CODE)"; exit 1; }

types: prepare ## mypy, strict
	@$(BIN)/mypy $(CODE)

imports: prepare ## import-linter: who may import what
	@$(BIN)/lint-imports

bench: prepare ## measure: records a second, round trip, card to unlock, word to gate; writes var/bench/latest.json (two minutes)
	@$(BIN)/python -m bench $(ARGS)

requirements: prepare ## pin what pyproject.toml names into requirements/*.txt, with hashes
	@$(BIN)/python -m deploy.prepare.requirements

messages: prepare ## compile the texts (kk, ru, en)
	@$(PREPARE) --for messages

clean: ## remove all that was made here: .venv, var, caches
	@rm -rf .venv var services/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find services/i18n -name '*.mo' -delete

python-is-new-enough:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "prepare: Qaqpa needs Python 3.11 or later as $(PYTHON); for another one type: make PYTHON=python3.11 ..."; exit 2; }
