# The one list of commands. Each completes the environment first, from requirements/*.lock: `run` with what a running hub
# needs, the others with the tools of development too.

VENV := .venv
BIN := $(VENV)/bin
TOOLS := .venv-tools
SITE := .venv-site
ARGS ?=
# `.ci/run` puts `.ci/rerun.py` before it, because two jobs share the machine there.
PYTEST ?= $(BIN)/pytest
MINUTES ?= 10

# Without bytecode on disk, each process that a test starts compiles the whole hub again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-soak test-postgresql sqlite-alone fuzz fuzz-api client check bench soak-long docs screenshots format migration lock newcomer sbom release audit deploy-schemas image-steps site clean

run: $(VENV)/ready            ## play the demo: eight weeks of calls through the real hub, then today; ARGS="--exit --calls 50 --seed 7"
	$(BIN)/hub demo $(ARGS)

# Tests wait a quarter of their time, for threads and servers, so three workers keep two processors busy.
test: $(VENV)/dev             ## the tests, in about ten minutes on two processors; those that run on both kinds of database, on SQLite
	$(PYTEST) -n $(or $(WORKERS),3) --dist worksteal -m "not postgresql and not soak" $(ARGS)

# In the order of their names, because modules with few tests are the long ones here, and xdist would run them last.
test-soak: $(VENV)/dev        ## the tests with processes, kills, floods, installs, browsers and SIP
	$(BIN)/python .ci/rerun.py $(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder --timeout 300 -m "soak and not postgresql" $(ARGS)

test-postgresql: $(VENV)/dev  ## the tests that run on both kinds of database, on PostgreSQL
	$(PYTEST) -n $(or $(WORKERS),2) --dist worksteal -m postgresql $(ARGS)

sqlite-alone: $(VENV)/dev     ## write tests/sqlite_alone.txt: the tests whose statements others run on PostgreSQL
	$(BIN)/pytest -n $(or $(WORKERS),2) --dist worksteal --statements -m "not postgresql" $(ARGS)

fuzz: $(VENV)/dev             ## the tests with Hypothesis alone: random seeds, 200 examples each, random order, until MINUTES=10 are over
	$(BIN)/pytest --fuzz $(MINUTES) --timeout 900 -m "not postgresql" $(ARGS)

fuzz-api: $(VENV)/dev         ## Schemathesis against /api/v1 for MINUTES=10 with a random seed, or SEED=7; finds answers that the document does not name
	API_FUZZ_SECONDS=$$(($(MINUTES) * 60)) API_FUZZ_SEED=$${SEED:-$$(date +%s)} $(BIN)/pytest tests/web/test_api_fuzz.py -m soak -s

client: $(VENV)/dev $(TOOLS)/ready ## write the typed client of clients/python from the API's document; ARGS=--check only compares
	$(BIN)/python .ci/client.py $(TOOLS)/bin/openapi-python-client $(ARGS)

check: $(VENV)/dev            ## style, types, import contracts, generated docs, plain words, licenses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m hub.proof.docs --check --words
	$(BIN)/python .ci/licenses.py

bench: $(VENV)/dev            ## the figures of benchmarks/
	$(BIN)/python -m benchmarks $(ARGS)

soak-long: $(VENV)/dev        ## two hours of calls and outages on PostgreSQL: is memory flat, and is each call there once?
	$(BIN)/python -m benchmarks.soak $(ARGS)

docs: $(VENV)/dev             ## write docs/hooks.md, docs/config.md and docs/cli.md anew, and the minified page scripts
	$(BIN)/python -m hub.proof.docs

screenshots: $(VENV)/dev      ## play the demo and store pictures of its pages in docs/web
	$(BIN)/python docs/web/take_screenshots.py

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migration: $(VENV)/dev        ## after a change of tables: write the baseline anew; from the first release on, a migration; M="Add a column"
	$(BIN)/python -c 'import sys; from hub.store.schema import write_revision; write_revision(sys.argv[1])' "$(M)"

lock: $(TOOLS)/ready          ## write requirements/*.lock to pyproject.toml; ARGS=--upgrade takes the newest versions
	sh .ci/lock $(TOOLS)/bin/uv $(ARGS)

newcomer: $(TOOLS)/ready      ## a first hour in an empty folder: install the wheel, start a hub, play a call, find it everywhere; then move in from CallRail
	python3 .ci/newcomer.py $(TOOLS)/bin/uv

sbom: $(VENV)/dev $(TOOLS)/ready ## write sbom.json (CycloneDX): what requirements/hub.lock installs, with licenses and hashes
	$(TOOLS)/bin/python .ci/sbom.py $(BIN)/python sbom.json

release: $(VENV)/dev $(TOOLS)/ready ## wheel, sdist, SBOM and checksums in build/release, and a signed tag; ARGS=--unsigned makes no tag
	$(BIN)/python .ci/release.py build/release $(ARGS)

audit: $(TOOLS)/ready         ## look for known vulnerabilities in all locked packages; needs the network
	$(TOOLS)/bin/python .ci/audit.py

deploy-schemas: $(TOOLS)/ready ## hold deploy/kubernetes and deploy/compose.yaml against their published schemas
	$(TOOLS)/bin/python .ci/deploy_schemas.py

image-steps:                  ## build deploy/Dockerfile and run the image, with docker or podman; without, in a chroot, as root; EXTRAS="mcp s3" adds these
	python3 .ci/image_steps.py

site: $(SITE)/ready           ## the documentation as a site with search, in build/site; fails for links that lead nowhere
	$(SITE)/bin/python .ci/site.py

clean:
	rm -rf $(VENV) $(TOOLS) $(SITE) build sbom.json *.egg-info

$(VENV)/ready: pyproject.toml requirements/demo.lock
	sh .ci/environment $(VENV) demo
	touch $@

$(VENV)/dev: pyproject.toml requirements/dev.lock
	sh .ci/environment $(VENV) dev
	touch $(VENV)/ready $@

$(TOOLS)/ready: requirements/tools.lock
	sh .ci/environment $(TOOLS) tools alone
	touch $@

$(SITE)/ready: requirements/site.lock
	sh .ci/environment $(SITE) site alone
	touch $@
