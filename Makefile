# make run    install, migrate, load the demonstration company, serve it
# make test   install what the tests need, and run them on SQLite and PostgreSQL
# make check  formatting, lint, types, import contracts, templates

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# In the order of the folders: by size, the browser and the kills, few and slow, would all come last.
PYTEST_ARGS ?= -n 2 --dist loadscope --no-loadscope-reorder

# Some machines forbid Python to keep what it compiled; then every start of every process compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check format lock translations system-packages clean

$(VENV)/.installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

run: $(VENV)/.installed
	$(BIN)/itsm demo

test: $(VENV)/.installed-dev system-packages
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/lint_templates.py

# For whoever changes a dependency; needs `pip install uv`. The locks carry hashes and no address.
LOCK := uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra legacy-ssh --group build
lock:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev pyproject.toml -o requirements-dev.lock

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# New texts are added to the catalogues, those that are gone leave them, and all is compiled.
translations: $(VENV)/.installed-dev
	$(BIN)/python tools/translations.py

# Tests drive a real browser, agents and database. As root on Debian they are installed; elsewhere the tests that need
# them are skipped and say what to install.
system-packages:
	tools/system-packages.sh

clean:
	rm -rf $(VENV) var
