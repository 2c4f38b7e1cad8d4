# ergodica. The first two targets are all a newcomer needs; each works alone in a fresh clone, with CPython >= 3.11, a C compiler, make and git.
#
#   make demo       build, execute notebooks/quickstart.ipynb, print its results
#   make test       set-up, checks, Go tests, Python tests, notebooks
#   make            rebuild the extension in place (a second when only Go changed)
#   make check      formatting, vet, staticcheck, ruff, mypy, generated files
#   make test-pure  the tests on a build without SIMD kernels
#   make test-torch install PyTorch into .venv and run the tests that need it
#   make test-full  race detector, fuzzing, long physics, every recipe in full, then test-pure
#   make bench      benchmarks, side by side with peers that are installed (BENCH='metropolis border' picks some)
#   make generate   rewrite the generated files
#   make results    run the recipes in quick size and write down what they found
#   make clean      remove everything that make made
#
# Everything goes into .venv and build, which git ignores. PYTHON=python3.12 picks another interpreter.

SHELL := bash
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export GOTOOLCHAIN := local
unexport GOEXPERIMENT VIRTUAL_ENV

PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
NO_PACKAGES := If pip found no packages: without a network, point PIP_FIND_LINKS at a folder of wheels.

# Stamps: the tools are there; the package is installed; its library is newer than its sources.
READY := .venv/ready
INSTALLED := .venv/installed
BUILT := .venv/built

# Go 1.26 compiles the SIMD kernels; any later one builds in pure Go.
GO_VERSION = $(shell PATH="$(PATH)" go env GOVERSION 2>/dev/null)
SIMD = $(if $(filter go1.26 go1.26.%,$(GO_VERSION)),simd)
GO = GOEXPERIMENT=$(SIMD) go
PURE = GOEXPERIMENT= go
PACKAGES := ./core/... ./bindings/...
GO_FILES := $(shell find core bindings -name _gen -prune -o \( -name '*.go' -o -name '*.[chs]' \) -print)
PYTHON_FILES := python tests
FUZZ_SECONDS ?= 30

.PHONY: build demo test check test-go test-go-pure test-python test-notebooks test-pure test-torch test-full test-race fuzz bench bench-go generate results clean FORCE
build: $(BUILT)

# Build tools, and Go where PATH has no 1.26.
$(READY): python/_backend/go_toolchain.py $(if $(filter go1.26 go1.26.%,$(GO_VERSION)),,FORCE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'ergodica needs CPython 3.11 or later: make PYTHON=python3.12' >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv || { rm -rf .venv; echo 'could not make a virtual environment (on Debian: apt-get install python3-venv)' >&2; exit 1; }
	@echo 'setting up .venv'
	@$(PIP) 'setuptools>=80' $$($(PY) python/_backend/go_toolchain.py) || { echo '$(NO_PACKAGES)' >&2; exit 1; }
	@go mod download || { echo 'the Go modules could not be fetched: is there a network?' >&2; exit 1; }
	@touch $@

# The editable install makes the metadata and brings the dependencies; after it only the library is rebuilt.
$(INSTALLED): $(READY) pyproject.toml python/_backend/ergodica_build.py
	@echo 'installing ergodica and what its tests need into .venv (the first build takes a minute or two)'
	@$(PIP) --no-build-isolation --editable '.[dev]' || { echo 'the installation failed for the reason above. $(NO_PACKAGES)' >&2; exit 1; }
	@touch $@ $(BUILT)

$(BUILT): $(INSTALLED) $(GO_FILES) go.mod go.sum python/_backend/go_library.py $(if $(wildcard python/ergodica/_native*.so),,FORCE)
	@$(PY) python/_backend/go_library.py
	@touch $@

demo: $(BUILT)
	@$(PY) tests/run_notebook.py --show --into build notebooks/quickstart.ipynb

test: check test-go test-go-pure test-python test-notebooks

# Every check runs, whatever the others find.
check: $(BUILT)
	@failed=0; \
	unformatted=$$("$$(go env GOROOT)/bin/gofmt" -l $(filter %.go,$(GO_FILES))); test -z "$$unformatted" || { echo "not formatted: gofmt -w $$unformatted"; failed=1; }; \
	$(GO) vet $(PACKAGES) || failed=1; \
	$(PURE) vet ./core/... || failed=1; \
	$(GO) tool staticcheck $(PACKAGES) || failed=1; \
	$(GO) run ./bindings/specgen -check || failed=1; \
	.venv/bin/ruff check --quiet $(PYTHON_FILES) || failed=1; \
	.venv/bin/mypy --no-error-summary $(PYTHON_FILES) || failed=1; \
	test $$failed = 0 && echo 'check: clean'

test-go: $(READY)
	@$(GO) test $(PACKAGES)

test-go-pure: $(READY)
	@$(PURE) test ./core/...

test-python: $(BUILT)
	@.venv/bin/pytest

test-notebooks: $(BUILT)
	@$(PY) tests/run_notebook.py notebooks/*.ipynb

# The package over a pure-Go library, beside the one in place.
test-pure: $(BUILT) test-go-pure
	@rm -rf build/pure && mkdir -p build/pure && cp -R python/ergodica build/pure/ && rm -f build/pure/ergodica/_native*
	@ERGODICA_PURE_GO=1 $(PY) python/_backend/go_library.py build/pure/ergodica
	@PYTHONPATH=$(CURDIR)/build/pure .venv/bin/pytest

# Some gigabytes; everything else runs without it.
test-torch: $(BUILT)
	@$(PIP) 'torch>=2.4' safetensors
	@.venv/bin/pytest tests/pytorch/test_with_torch.py

test-full: export ERGODICA_FULL := 1
test-full: check test-race fuzz
	@$(GO) test -count=1 -timeout 60m $(PACKAGES)
	@.venv/bin/pytest -m ''
	@$(PY) -m ergodica papers run all --size full
	@$(MAKE) test-notebooks test-pure

# Without ./core itself, whose tests look at sources and compile them all again; and without the check of pointers, as the vector loops end with theirs one past the last number.
test-race: $(READY)
	@$(GO) test -race -gcflags='$(shell sed -n 's/^module //p' go.mod)/...=-d=checkptr=0' -timeout 60m $$($(GO) list $(PACKAGES) | grep -v '/core$$')

# Every fuzz target of every package, one after the other.
fuzz: $(READY)
	@for package in $$($(GO) list $(PACKAGES)); do \
	   for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	     echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ_SECONDS)s $$package || exit 1; done; done

# Each figure beside its peer's (numba, peapods: used if they are installed) and the machine's limit.
bench: $(BUILT)
	@$(PY) -m tests.benchmarks $(BENCH)

bench-go: $(READY)
	@$(GO) test -run '^$$' -bench . -benchtime 0.3s ./core/...

generate: $(READY)
	@$(GO) run ./bindings/specgen

results: $(BUILT)
	@$(PY) -m ergodica papers results > python/ergodica/papers/RESULTS.md

clean:
	rm -rf .venv build dist bindings/_gen python/*.egg-info python/ergodica/_native*.so .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find python tests notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
