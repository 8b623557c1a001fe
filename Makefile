# Two commands matter: `make ask Q="…"` and `make test`. The rest serves them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The question as it was typed: neither make nor the shell may read its $, quotes or backticks.
ATTACHE_QUESTION := $(value Q)
export ATTACHE_QUESTION
unexport Q
MAKEOVERRIDES :=
COMMA := ,

.PHONY: help ask serve test check eval bench fuzz clean

help:
	@echo 'make ask Q="What did South Korea set up for students at UNI in Peru?"   ask the shipped collection'
	@echo 'make serve    the page and the HTTP API on http://127.0.0.1:8000'
	@echo 'make test     run every test'
	@echo 'make check    lint, format and types'
	@echo 'make eval     the evaluation table'
	@echo 'make bench    speed and memory on this machine; SIZE=1M DATA="FILE …" for more'
	@echo 'make fuzz     the API under generated requests; CASES=2000 for each operation, OPERATION=ask'
	@echo 'make clean    remove what was installed here'

ask: $(VENV)/installed
	@test -n "$$ATTACHE_QUESTION" || { echo 'Give a question: make ask Q="…"' >&2; exit 2; }
	@$(BIN)/attache ask -- "$$ATTACHE_QUESTION" || test $$? -eq 1

serve: $(VENV)/installed
	@$(BIN)/attache serve

test: $(VENV)/installed-for-tests
	@HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: $(VENV)/installed-for-tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

eval: $(VENV)/installed
	@$(BIN)/attache eval

bench: $(VENV)/installed
	@$(BIN)/attache eval bench --output eval/bench/results \
	  --sizes 1k,10k,100k$(if $(SIZE),$(COMMA)$(SIZE)) \
	  $(foreach file,$(DATA),--data $(file)) $(if $(WORK),--work $(WORK))

fuzz: $(VENV)/installed-for-tests
	@ATTACHE_CASES=$(or $(CASES),200) ATTACHE_OPERATION=$(OPERATION) HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -s tests/test_api_description.py

$(VENV)/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing Attaché and pinned versions of what it needs into $(VENV) …' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]'
	@touch $@

clean:
	rm -rf $(VENV)
