# Two environments, because one Python process can hold only one Cellpose: .venv has 3.1, .venv-cellpose4 has 4.2.
# Both are made with uv, which shares the files of packages they have in common.

# The newest Python from 3.11 on that can make an environment.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
VENV4 := .venv-cellpose4
UV := $(VENV)/bin/uv
READY := $(VENV)/.ready
READY4 := $(VENV4)/.ready

.PHONY: help demo docs test test3 test4 lint quick clean
help:
	@echo "make demo      set up and run the whole pipeline on shipped real images"
	@echo "make test      set up and run all checks against Cellpose 3.1 and 4.2"
	@echo "make quick     check format, lint, types and import rules, and run the tests of the packages that changed"
	@echo "make docs      build the documentation site in docs/_build/html"
	@echo "make clean     remove the two environments and the demo's results"

$(UV):
	@test -n "$(PYTHON)" || { echo "No Python from 3.11 on was found that can make environments. Install one (on Debian and" \
		"Ubuntu: apt install python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Making the Python environment $(VENV) with $$($(PYTHON) --version) ..."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv

$(READY): pyproject.toml | $(UV)
	@echo "Installing cpretrain with Cellpose 3.1 (PyTorch is a download of about 3 GB; 2 to 10 minutes) ..."
	$(UV) pip install --quiet --python $(VENV)/bin/python --override packaging/numpy-on-new-pythons.txt \
		--editable '.[cellpose3,test]'
	@touch $@

$(READY4): pyproject.toml | $(UV)
	@echo "Installing cpretrain with Cellpose 4.2 (shares PyTorch with the first environment) ..."
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV4)
	$(UV) pip install --quiet --python $(VENV4)/bin/python --editable '.[cellpose4,test]'
	@touch $@

demo: $(READY)
	@echo "Running the demo: about 5 minutes on two processor cores, 10 where other things run. Results go to demo/."
	$(VENV)/bin/cpretrain demo demo

test: lint test3 test4

lint: $(READY)
	@echo "Checking format, lint, types and import rules (half a minute) ..."
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

quick: $(READY) lint
	@echo "Running the tests of what changed, or a fast core of all (a minute) ..."
	$(VENV)/bin/python -m tests.quick

test3: $(READY)
	@echo "Running the tests with Cellpose 3.1, on all processor cores (10 to 15 minutes on two) ..."
	$(VENV)/bin/python -m pytest -n auto --dist worksteal

test4: $(READY4)
	@echo "Running the tests that depend on Cellpose with Cellpose 4.2 (about 4 minutes) ..."
	$(VENV4)/bin/python -m pytest -m cellpose -n auto --dist worksteal

docs: $(READY)
	@echo "Building the documentation in docs/_build/html (a minute); a warning is an error ..."
	$(UV) pip install --quiet --python $(VENV)/bin/python --override packaging/numpy-on-new-pythons.txt --editable '.[docs]'
	$(VENV)/bin/python -m sphinx --quiet --fail-on-warning --keep-going --fresh-env -b html docs docs/_build/html

clean:
	rm -rf $(VENV) $(VENV4) demo docs/_build docs/_api
