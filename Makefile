# Everything that a person or a CI machine runs here. `make help` lists the targets.
#
# PYTHON           the Python (3.11 or newer) that .venv is made with
# PORT             the port of `make demo`
# TORCH_INDEX_URL  where to take PyTorch from. Empty: wherever pip is set up to look. On Linux, set it to
#                  PyTorch's index of CPU wheels, or the default build brings gigabytes of CUDA libraries.
# PYTEST_ARGS      more arguments for pytest, such as PYTEST_ARGS="-k passages -x"

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
PORT ?= 8000
TORCH_INDEX_URL ?=
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CODE := app scraper indexing graph
CHECKED := $(CODE) benchmarks tests sample

# An environment is fresh when a stamp named after the contents of these two files lies in it. Contents, not
# times: a new clone or a change of branch alone makes pip run for nothing, and then it needs a network.
KEY := $(shell cat pyproject.toml constraints.txt 2>/dev/null | cksum | tr ' ' '-')
READY := $(VENV)/.ready-$(KEY)
READY_TEST := $(VENV)/.ready-test-$(KEY)

say = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

# ---- environment ----------------------------------------------------------------------------------------

.PHONY: venv venv-test
venv: $(READY) ## Make .venv with what the product needs
venv-test: $(READY_TEST) ## Make .venv with what the tests and benchmarks need as well

$(BIN)/python:
	$(call say,Making $(VENV) with $(PYTHON))
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(READY): | $(BIN)/python
	$(call say,Installing Lexatlas and the versions pinned in constraints.txt into $(VENV) (minutes the first time))
	@rm -f $(VENV)/.ready-*
	@# PyTorch goes first and alone, so that its own index, where one is named, is asked for nothing else.
	@$(PIP) install --quiet --no-deps -c constraints.txt $(if $(TORCH_INDEX_URL),--index-url "$(TORCH_INDEX_URL)") torch \
	  || { echo "PyTorch could not be installed. Check pip's configuration, or name PyTorch's index of CPU wheels: make TORCH_INDEX_URL=..." >&2; exit 1; }
	@$(PIP) install --quiet -c constraints.txt hatchling editables
	@# Without isolation the build uses the pinned hatchling, and a repeat needs no network.
	@$(PIP) install --quiet -c constraints.txt --no-build-isolation --editable .
	@$(BIN)/python -c 'import torch' || { echo "PyTorch is installed but does not load; see the error above. 'make clean-venv' and try again." >&2; exit 1; }
	@touch $@

$(READY_TEST): $(READY)
	$(call say,Installing what the tests and benchmarks need)
	@$(PIP) install --quiet -c constraints.txt --no-build-isolation --editable '.[test]'
	@touch $@

# Name the oldest Python that is to be supported: some packages leave out even its early patch releases.
.PHONY: constraints
constraints: ## Resolve the dependencies anew and rewrite constraints.txt
	$(call say,Resolving pyproject.toml in an empty environment)
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$(PYTHON) -m venv "$$scratch/venv"; \
	pip="$$scratch/venv/bin/python -m pip --disable-pip-version-check"; \
	$$pip install --quiet --no-deps $(if $(TORCH_INDEX_URL),--index-url "$(TORCH_INDEX_URL)") "$$(sed -n '/^torch==/p' constraints.txt)"; \
	$$pip install --quiet hatchling editables; \
	$$pip install --quiet --no-build-isolation --editable '.[test]'; \
	{ sed -n '/^#/p' constraints.txt; \
	  $$pip freeze --all --exclude-editable | sed -E 's/\+cpu$$//' | grep -vE '^pip=='; } > "$$scratch/new"; \
	diff -u constraints.txt "$$scratch/new" || true; \
	cp "$$scratch/new" constraints.txt

# ---- running --------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(READY) ## Crawl the shipped sample, build it and serve it at http://127.0.0.1:8000
	$(call say,Serving the sample on port $(PORT); stop with Ctrl-C)
	@exec $(BIN)/lexatlas demo --port $(PORT)

# ---- checks ---------------------------------------------------------------------------------------------

.PHONY: test
test: check browser pytest ## Everything that must pass before a change lands

.PHONY: check lint types imports containers
check: lint types imports containers page-check ## The checks that run no test

lint: $(READY_TEST) ## Style and formatting (ruff)
	$(call say,ruff: rules)
	@$(BIN)/ruff check $(wildcard $(CHECKED))
	$(call say,ruff: formatting)
	@$(BIN)/ruff format --check $(wildcard $(CHECKED))

types: $(READY_TEST) ## Types (mypy, strict)
	$(call say,mypy --strict)
	@$(BIN)/mypy

imports: $(READY_TEST) ## Direction of imports (import-linter)
	$(call say,import-linter: app -> graph -> indexing -> scraper)
	@$(BIN)/lint-imports --no-logo

containers: $(READY_TEST) ## Dockerfile (hadolint), Compose file and workflow (JSON Schema)
	$(call say,hadolint Dockerfile)
	@$(BIN)/hadolint --config .hadolint.yaml Dockerfile && echo "no finding"
	$(call say,Schemas of docker-compose.yml and of the workflow)
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml

.PHONY: browser
browser: ## Make sure that a Chromium for the browser tests is there
	$(call say,Looking for Chromium)
	@for name in chromium chromium-browser google-chrome; do \
	  if command -v $$name; then exit 0; fi; \
	done; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "none; installing Debian's"; \
	  apt-get -qq update; \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
	    -o DPkg::Lock::Timeout=300 chromium fonts-liberation >/dev/null; \
	  command -v chromium; \
	else \
	  echo "No chromium, chromium-browser or google-chrome on the PATH, and none can be installed without root." >&2; \
	  echo "Install one (Debian: apt-get install chromium), then run make again." >&2; \
	  exit 1; \
	fi

.PHONY: pytest test-long
pytest: $(READY_TEST) ## The tests but those marked long, with coverage
	$(call say,pytest)
	@$(BIN)/python -m pytest -m "not long" --cov --cov-report=term $(PYTEST_ARGS)

test-long: $(READY_TEST) browser ## All tests, those on the whole corpus and other long ones included
	$(call say,pytest with the long tests)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: format
format: $(READY_TEST) ## Let ruff mend what it can
	@$(BIN)/ruff check --fix $(wildcard $(CHECKED)) || true
	@$(BIN)/ruff format $(wildcard $(CHECKED))

# ---- the page -------------------------------------------------------------------------------------------

PAGE := app/api/page
NODE_READY := web/node_modules/.ready
# What Vite runs on; another Node is treated as none.
node_ok = command -v npm >/dev/null \
  && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)'

$(NODE_READY): web/package.json web/package-lock.json
	@echo "npm ci in web/"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: page page-check
page: $(NODE_READY) ## Build web/ into app/api/page (needs Node 20.19 or newer)
	$(call say,Building web/ into $(PAGE))
	@cd web && npm run build -- --outDir "$(CURDIR)/$(PAGE)" --emptyOutDir

page-check: ## Fail when app/api/page is not what web/ builds to (left out where there is no Node)
	$(call say,Is $(PAGE) what web/ builds to?)
	@if ! ($(node_ok)); then \
	  echo "not checked: no npm with Node 20.19, 22.12 or newer here; the committed page is served as it is"; \
	else \
	  $(MAKE) $(NODE_READY); \
	  (cd web && npm run check); \
	  built=$$(mktemp -d); trap 'rm -rf "$$built"' EXIT; \
	  (cd web && npm run build -- --outDir "$$built/page" --emptyOutDir); \
	  diff -r "$$built/page" $(PAGE) >&2 || { echo "$(PAGE) is stale: run 'make page' and commit the result." >&2; exit 1; }; \
	  echo "yes, file by file"; \
	fi

# ---- measurements and cleaning --------------------------------------------------------------------------

# Each file of benchmarks/ with a main part is one benchmark; all run unless BENCH names some: make bench BENCH=speed
BENCH ?= $(patsubst benchmarks/%.py,%,$(shell grep -l '__main__' benchmarks/*.py 2>/dev/null))

.PHONY: bench
bench: $(READY_TEST) ## Run the benchmarks; results land in benchmarks/results
	@for name in $(BENCH); do \
	  printf '\n== benchmark %s\n' "$$name"; \
	  $(BIN)/python -m "benchmarks.$$name"; \
	done

.PHONY: clean clean-venv
clean: ## Remove caches and build leftovers; data and .venv stay
	$(call say,Removing caches)
	@rm -rf build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find $(wildcard $(CHECKED)) -name __pycache__ -type d -prune -exec rm -rf {} +

clean-venv: ## Remove .venv and web/node_modules
	$(call say,Removing $(VENV) and web/node_modules)
	@rm -rf $(VENV) web/node_modules
