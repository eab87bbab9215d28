# Every target makes .venv when it is missing or out of date; the second time that takes no time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKSPACE ?= workspace
PORT ?= 8501

# The explorer's view: built with the package, and again when its sources change
VIEW := workbench/explorer/view/dist/view.js
PEERS := .venv-peers

.PHONY: help demo serve test test-slow test-gpu lint format screenshots benchmark-throughput clean
help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (about 1.5 GB, a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -c constraints.txt -e '.[samples,dev]' \
	  | grep --line-buffered -E '^(Collecting|Downloading|Installing|Successfully)' | cut -c1-100
	@echo "Compiling what UMAP and PaCMAP need, once (about a minute)"
	@$(BIN)/python -c 'import streamlit, torch, duckdb, umap, pacmap' && touch $(READY)

$(VIEW): $(READY) workbench/explorer/view/package.json $(wildcard workbench/explorer/view/src/*)
	@$(BIN)/python workbench/explorer/view/build.py && touch $@

demo: $(VIEW)    ## the whole loop on built-in data, live in the browser
	$(BIN)/workbench demo --workspace $(WORKSPACE) --port $(PORT)

serve: $(VIEW)   ## open the workbench on an existing or new workspace
	$(BIN)/workbench serve --workspace $(WORKSPACE) --port $(PORT)

test: $(VIEW)    ## lint, architecture contracts and the default suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadscope -m "not slow and not gpu"

test-slow: $(VIEW)   ## the long tests: crash series, coverage, real data end to end; property tests with fresh draws
	OMP_NUM_THREADS=1 WORKBENCH_DRAWS=fresh $(BIN)/pytest -m "slow or hypothesis" --timeout 3600

test-gpu: $(READY)   ## what needs a CUDA device
	$(BIN)/pytest -m gpu

lint: $(READY)   ## ruff and the import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

format: $(READY) ## let ruff write the files
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

screenshots: $(VIEW)   ## every page of the demo workspace in Chromium -> docs/screenshots/
	$(BIN)/python -m tests.browser.screenshots --workspace $(WORKSPACE)

# lightly needs torchvision, which has no CPU build for this torch: an environment of its own, without dependencies
$(PEERS)/.ready: constraints.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q -c constraints.txt torch numpy pillow pydantic safetensors tqdm requests aiohttp \
	  lightly-utils hydra-core pytorch-lightning
	$(PEERS)/bin/python -m pip install -q --no-deps torchvision==0.28.0 lightly==1.6.0 && touch $(PEERS)/.ready

benchmark-throughput: $(READY) $(PEERS)/.ready  ## images/s and kNN accuracy of our SimCLR step against lightly's
	$(BIN)/python -m tests.benchmarks.throughput --peer $(PEERS)/bin/python

clean:           ## remove the environment and caches (never a workspace)
	rm -rf $(VENV) $(PEERS) .pytest_cache .ruff_cache .hypothesis dist
