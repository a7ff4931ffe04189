# Everything is one of these commands. `make serve` and `make test` need nothing but Python 3.11+ and make.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup serve test test-fast test-llm browser screenshots check eval soak ask openapi lock clean

BIN := .venv/bin

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/installed ## Install all that serving and testing need into .venv (TORCH_INDEX= names another index for torch)

.venv/installed: pyproject.toml constraints.txt scripts/setup
	@scripts/setup

serve: setup ## Run the tutor: http://127.0.0.1:8000
	@$(BIN)/torchtutor serve

ask: setup ## Ask one question in the terminal: make ask Q="what does zero_grad do?"
	@$(BIN)/torchtutor ask "$(Q)"

test: setup browser check ## All checks and all tests
	@$(BIN)/python -m pytest

test-fast: setup ## The unit tests: no model, server or sandbox
	@$(BIN)/python -m pytest -m "not integration"

test-llm: setup ## The tests with a small real language model, which is compiled first (ten minutes)
	@scripts/llm
	@$(BIN)/python -m pytest -s tests/test_service_llm_real.py

browser: setup ## Make sure of a Chromium to test the page in
	@scripts/browser

screenshots: setup browser ## Take the pictures in docs/ anew
	@PYTHONPATH=.:tests $(BIN)/python scripts/screenshots.py

check: setup ## Style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

eval: setup ## How well the tutor does: every evaluation on the own query sets
	@$(BIN)/python -m eval all

soak: setup ## Ten minutes of mixed traffic: errors, times, memory
	@$(BIN)/torchtutor index build
	@$(BIN)/python -m eval.bench.soak

openapi: setup ## Write openapi.json anew, after a change to the API
	@PYTHONPATH=. $(BIN)/python scripts/openapi

lock: setup ## Pin every version anew in constraints.txt
	@$(BIN)/pip-compile --quiet --upgrade --extra dev --strip-extras --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file constraints.txt pyproject.toml
	@sed -i 's/+cpu$$//' constraints.txt

clean: ## Remove .venv and all caches (not the state folder)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
