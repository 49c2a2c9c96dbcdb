PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all check format bench reports screenshots transcripts clean

demo: $(READY)  ## tune a network on the bundled mnist-5k in a minute, with a report
	$(BIN)/python -m tuner tune

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal -q

test: $(READY)  ## the tests, in five minutes; what is absent on this machine is skipped with a reason
	$(PYTEST)

test-all: $(READY)  ## the long tests too: processes killed again and again, searches on MNIST
	TUNER_TEST_LONG=1 $(PYTEST)

check: $(READY)  ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## the measured comparisons of the README; needs the extra `bench` and MNIST
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks.trainer
	$(BIN)/python -m benchmarks.eta
	$(BIN)/python -m benchmarks.eta --held-out
	$(BIN)/python -m benchmarks.study
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.tables

screenshots: $(READY)  ## tune mnist-5k for a minute, and take the README's pictures; needs Chromium
	$(BIN)/python -m tuner tune --fresh
	$(BIN)/python -m tuner find-eta
	$(BIN)/python reports/screenshots.py reports/tune-mnist-5k/report.html reports/find-eta-mnist-5k/find-eta-costs.png

transcripts: $(READY)  ## what the commands of docs/commands.md print today; on a machine at rest
	$(BIN)/python reports/transcripts.py

reports: $(READY)  ## the article's experiments on MNIST, with their pages in English and Chinese
	$(BIN)/python -m tuner reproduce --data mnist --out reports/article
	$(BIN)/python -m tuner report reports/article --lang zh

$(READY): pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
