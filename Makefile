# The one list of commands. Each makes the environment first, where it is missing or pyproject.toml has changed.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
WORKERS ?= 2

.PHONY: run test test-postgresql check bench docs screenshots format migration clean

run: $(VENV)/ready            ## play the demo: a day of calls through the real hub; ARGS="--exit --calls 50 --seed 7"
	$(BIN)/hub demo $(ARGS)

test: $(VENV)/ready           ## every test once; those that run on both kinds of database, on SQLite
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not postgresql" $(ARGS)

test-postgresql: $(VENV)/ready ## the tests that run on both kinds of database, on PostgreSQL
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m postgresql $(ARGS)

check: $(VENV)/ready          ## style, types, import contracts, generated docs, plain words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m hub.docs --check
	$(BIN)/python -m hub.docs --words

bench: $(VENV)/ready          ## the figures of benchmarks/
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/ready           ## write docs/hooks.md, docs/config.md and docs/cli.md anew, and the minified page scripts
	$(BIN)/python -m hub.docs

screenshots: $(VENV)/ready    ## play the demo and store pictures of its pages in docs/web
	$(BIN)/python docs/web/take_screenshots.py

format: $(VENV)/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migration: $(VENV)/ready      ## write the migration to the tables as declared; M="Add a column"
	$(BIN)/python -c 'import sys; from hub.store.schema import write_revision; write_revision(sys.argv[1])' "$(M)"

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/ready: pyproject.toml
	sh .ci/environment $(VENV)
	touch $@
