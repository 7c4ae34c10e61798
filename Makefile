# make run    the chat page on the papers of corpus/papers        make test   every test, ruff and mypy
#                                                                 make test EXTRAS="ocr llm opponent scale milvus"   with every extra
# make lint   ruff and mypy only                                  make bench  the figures of the README (PDFS=folder, XQUAD=folder)
# make fresh  how long a fresh clone takes to show its page
# make stress what takes minutes: 100 users at once, 5,000 questions, a minute of changes under 50 threads
# make fuzz   ten minutes of broken files and odd questions from a new seed
# make calibrate XQUAD=folder   refit the confidence          make fit XQUAD=folder   what the search's settings were chosen by
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 7860
EXTRAS ?=

.PHONY: run test lint bench fresh fit calibrate stress fuzz install clean

run: $(VENV)/.installed
	$(BIN)/yinju index
	$(BIN)/yinju serve --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-test $(EXTRAS:%=$(VENV)/.installed-%) lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed
	mkdir -p build
	$(BIN)/python -m tests.bench.speed --json build/speed.json
	$(BIN)/python -m tests.bench.growth --largest 10000 --crossing --json build/growth.json
	$(BIN)/python -m tests.bench.figures
	$(BIN)/python -m tests.bench.reading $(PDFS)
	$(BIN)/python -m tests.bench.compare $(XQUAD)
	$(BIN)/python -m tests.bench.claims
	$(BIN)/python -m tests.bench.maps $(XQUAD)
	$(BIN)/python -m tests.bench.events
	$(BIN)/python -m tests.bench.history
	$(BIN)/yinju index
	$(BIN)/yinju eval tests/questions/questions.jsonl --ablation
	$(BIN)/yinju eval tests/questions/written.jsonl --ablation

stress: $(VENV)/.installed-test
	$(BIN)/yinju index
	YINJU_SECONDS=60 $(BIN)/pytest tests/test_concurrency.py -s
	$(BIN)/python -m tests.load

fuzz: $(VENV)/.installed-test
	YINJU_FUZZ_SECONDS=200 YINJU_FUZZ_SEED=$$(date +%s) $(BIN)/pytest tests/test_fuzz.py -s

fresh: $(VENV)/.installed
	$(BIN)/python -m tests.bench.fresh

fit: $(VENV)/.installed
	$(BIN)/python -m tests.bench.fit $(XQUAD)
	$(if $(XQUAD),$(BIN)/python -m tests.bench.late $(XQUAD))
	$(if $(XQUAD),$(BIN)/python -m tests.bench.sentences $(XQUAD))

calibrate: $(VENV)/.installed-figures
	$(BIN)/python -m qa.calibrate $(XQUAD)

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

clean:
	rm -rf $(VENV) .yinju build *.egg-info
