# yizhan: every command a developer or an operator needs. `make help` lists them.
#
# Needs GNU make and Python 3.11 or later. uv comes from PyPI into .venv; npm, where there is none, comes from PyPI too.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

VENV   := .venv
PY     := $(VENV)/bin/python
UV     := $(VENV)/bin/uv
STAMPS := $(VENV)/.stamps
VENDOR := webmap/static/vendor/versions.json
LOCK   := constraints.txt

# PYTHON=/path/to/python3.12 chooses the interpreter; otherwise the first of these that is 3.11 or later.
PYTHON     ?=
PYTHONS    := python3 python3.13 python3.12 python3.11 python3.14 python
JOBS       ?= 2
SERVE      ?= 1
BROWSER    ?= 1
PYTEST     ?=
BENCH      ?=
QUICK      ?= 0
OUT        ?=
# The registry and the certificates that pip has been told to use, or finds on the system, hold for uv as well.
define uv_env
	pip_says() { $(PY) -m pip config get "$$1" 2>/dev/null || :; }; \
	: "$${UV_DEFAULT_INDEX:=$${UV_INDEX_URL:-$${PIP_INDEX_URL:-$$(pip_says global.index-url)}}}"; \
	: "$${SSL_CERT_FILE:=$${PIP_CERT:-$$(pip_says global.cert)}}"; \
	if [ -n "$$UV_DEFAULT_INDEX" ]; then export UV_DEFAULT_INDEX; else unset UV_DEFAULT_INDEX; fi; \
	if [ -r "$$SSL_CERT_FILE" ]; then export SSL_CERT_FILE; else unset SSL_CERT_FILE; fi; \
	if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS="$${UV_SYSTEM_CERTS:-1}"; fi; \
	unset VIRTUAL_ENV UV_INDEX_URL;
endef

# How to become root without asking a person: nothing when root, sudo when it needs no password, else false.
define as_root
	if [ "$$(id -u)" = 0 ]; then as_root=; \
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; \
	else as_root=false; fi;
endef

# $(1): packages. Sets installed=yes when apt has put them in place.
define apt_install
	installed=no; \
	$(as_root) \
	if [ "$$as_root" != false ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "==> Installing Debian packages: $(strip $(1))"; \
	  if $$as_root apt-get update -qq && \
	     $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
	  then installed=yes; fi; \
	fi;
endef

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name text; do \
	  printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo "  Variables: PYTHON=, SERVE=0 (demo), BROWSER=0, JOBS=2, PYTEST='-k words' (test), BENCH=name, QUICK=1, OUT=file (bench)"

# ------------------------------------------------------------------------------------------------------- environment

.PHONY: setup
setup: $(STAMPS)/yizhan $(VENDOR) ## Make .venv with yizhan in it, and lay the map's scripts
	@echo "Ready: $(VENV)/bin/yizhan"

# A virtual environment with uv inside. Debian splits venv off its python3; then apt brings it, or a message names it.
$(STAMPS)/uv:
	@set -e; \
	good() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }; \
	if ! good "$(PY)"; then \
	  python=; \
	  for candidate in $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); do \
	    if good "$$candidate"; then python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "Python 3.11 or later was not found (looked for: $(or $(PYTHON),$(PYTHONS)))." >&2; \
	    echo "Install it (Debian 12 or later: apt-get install python3 python3-venv) or say make PYTHON=/path/to/python3." >&2; \
	    exit 1; \
	  fi; \
	  if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    version=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    $(call apt_install,"$$version") \
	    if [ $$installed = no ]; then \
	      echo "$$python cannot make a virtual environment: its module ensurepip is missing." >&2; \
	      echo "Install the Debian package $$version (or python3-venv) and run make again." >&2; \
	      exit 1; \
	    fi; \
	  fi; \
	  echo "==> Making $(VENV) with $$("$$python" --version)"; \
	  "$$python" -m venv --clear $(VENV); \
	fi; \
	if ! [ -x $(UV) ]; then \
	  echo "==> Installing uv into $(VENV)"; \
	  $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip --upgrade >/dev/null; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) uv; \
	fi; \
	mkdir -p $(STAMPS); touch $@

INSTALL = $(uv_env) $(UV) pip install --quiet --python $(PY) --constraints $(LOCK) --build-constraints $(LOCK)

$(STAMPS)/yizhan: pyproject.toml $(LOCK) hatch_build.py package.json package-lock.json .npmrc | $(STAMPS)/uv
	@echo "==> Installing yizhan and its libraries into $(VENV) (a minute or two the first time)"
	@$(INSTALL) --reinstall-package yizhan --editable .
	@touch $@

# Present once yizhan is installed; laid again when somebody has deleted it.
$(VENDOR): | $(STAMPS)/yizhan
	@[ -f $@ ] || { $(INSTALL) --no-deps --reinstall-package yizhan --editable .; }

$(STAMPS)/test: $(STAMPS)/yizhan
	@echo "==> Installing the test libraries and the extras"
	@$(INSTALL) --group test --editable '.[all]'
	@touch $@

$(STAMPS)/lint: $(STAMPS)/yizhan
	@echo "==> Installing the linters"
	@$(INSTALL) --group lint
	@touch $@

$(STAMPS)/bench: $(STAMPS)/yizhan
	@echo "==> Installing the peers of the benchmarks"
	@$(INSTALL) --group bench --editable '.[all]'
	@touch $@

# --------------------------------------------------------------------------------------------------------------- use

.PHONY: demo
demo: setup ## Make an example city in var/demo and serve it (SERVE=0: only make it)
	@$(VENV)/bin/yizhan demo var/demo $(if $(filter 0,$(SERVE)),--no-serve)

# ------------------------------------------------------------------------------------------------------------- checks

# The browser tests drive Debian's Chromium, posters are set by Pango, and both show Chinese text: these must be there, or
# the run stops and says so.
.PHONY: system-packages
system-packages:
ifneq ($(BROWSER),0)
	@missing() { \
	  wanted=; \
	  for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && break; done \
	    || wanted=chromium; \
	  if ! { fc-list :lang=zh-cn family 2>/dev/null | grep -q .; }; then wanted="$$wanted fonts-noto-cjk fontconfig"; fi; \
	  $(PY) -c 'import weasyprint' >/dev/null 2>&1 || wanted="$$wanted libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"; \
	  echo $$wanted; \
	}; \
	wanted=$$(missing); \
	if [ -n "$$wanted" ]; then \
	  $(call apt_install,$$wanted) \
	  if [ -n "$$(missing)" ]; then \
	    echo "The browser tests need the Debian packages: $$(missing)." >&2; \
	    echo "Install them (apt-get install $$(missing)), or leave these tests out: make test BROWSER=0" >&2; \
	    exit 1; \
	  fi; \
	fi
endif

.PHONY: test
test: $(STAMPS)/test $(VENDOR) system-packages ## Run every test, the browser ones too (BROWSER=0: without them)
	@$(PY) -m pytest -n $(JOBS) $(if $(filter 0,$(BROWSER)),-m "not browser") $(PYTEST)

.PHONY: check
check: $(STAMPS)/lint $(STAMPS)/test ## Lint, formatting, types and import contracts
	@failed=; \
	for tool in "ruff check" "ruff format --check" mypy "lint-imports --no-logo"; do \
	  echo "==> $$tool"; $(VENV)/bin/$$tool || failed="$$failed [$$tool]"; \
	done; \
	[ -z "$$failed" ] || { echo "Not clean:$$failed" >&2; exit 1; }

.PHONY: bench
bench: $(STAMPS)/bench $(VENDOR) ## Time ours beside each peer, as ratios (QUICK=1: small sizes; OUT=file: write the table)
	@$(PY) -m benchmarks.report $(if $(filter-out 0,$(QUICK)),--quick) $(if $(OUT),--out $(OUT)) $(BENCH)

# ------------------------------------------------------------------------------------------------------------ release

.PHONY: build
build: $(STAMPS)/uv ## Make dist/*.whl and dist/*.tar.gz
	@rm -rf dist
	@$(uv_env) $(UV) build --quiet --python $(PY) --build-constraints $(LOCK) --out-dir dist
	@ls -1 dist/*.whl dist/*.tar.gz

.PHONY: lock
lock: $(STAMPS)/uv ## Renew constraints.txt and package-lock.json
	@$(uv_env) $(UV) pip compile --quiet --universal --python-version 3.11 --upgrade --no-header --no-annotate \
	  --all-extras --group dev --group bench pyproject.toml --output-file $(LOCK).new
	@{ echo "# The exact versions the tests run with, for Python 3.11 and later; installs by the Makefile keep to them."; \
	   echo "# Renewed by \`make lock\`, never edited by hand. No addresses: packages come from whichever index is configured."; \
	   grep -v '^#' $(LOCK).new; } > $(LOCK).tmp
	@rm -f $(LOCK).new; mv $(LOCK).tmp $(LOCK)
	@if command -v npm >/dev/null 2>&1; then npm install --package-lock-only --silent; \
	 else echo "package-lock.json is as it was: no npm here."; fi

.PHONY: clean
clean: ## Remove what builds, tests and linters leave behind (.venv and var stay)
	@rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache node_modules
	@find geodata stations webmap tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || :
