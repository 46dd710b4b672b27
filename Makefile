# Touchstone. The two commands of the README are `make demo` and `make test`.
SHELL := /bin/bash
PREFIX ?= /usr/local
RELEASE := .build/release
# Benchmarks/peers/setup.sh makes PEERS, Benchmarks/peers/make_workload.py fills WORK.
WORK ?= $(PEERS)/work

.PHONY: demo test test-all check lint format build bench bench-peers install clean bootstrap

demo: build
	@scripts/demo.sh

test: bootstrap
	swift build --build-tests
	swift test --skip-build --disable-xctest --parallel

# Everything slow as well: optimised tests, Debian's FAQ, and parity on the full workload when PEERS names its folder.
test-all: test build
	swift test -c release --disable-xctest --parallel
	scripts/debian-faq.sh
	scripts/kill-and-resume.py
ifdef PEERS
	$(PEERS)/now/bin/python Benchmarks/peers/parity.py $(WORK) $(RELEASE)/rlhf
else
	@echo "test-all: parity with transformers and TRL skipped; see Benchmarks/peers/README.md, then: make test-all PEERS=DIR"
endif

check: lint test

lint: bootstrap
	swift format lint --strict --recursive Package.swift Sources Tests schemas pipelines
	scripts/recipes-doc.py --check
	scripts/check-docs.py

format: bootstrap
	swift format format --in-place --recursive Package.swift Sources Tests schemas pipelines

build: bootstrap
	swift build -c release --product prep
	swift build -c release --product rlhf

# Figures of this machine: the processor, the kernels, products and memory.
bench: build
	$(RELEASE)/rlhf doctor

# Ours and the peers on the same work, in turns.
bench-peers: build
	@test -n "$(PEERS)" || { echo "bench-peers: name the folder that Benchmarks/peers/setup.sh made: make bench-peers PEERS=DIR"; exit 2; }
	$(PEERS)/now/bin/python Benchmarks/peers/compare.py $(PEERS)/now/bin/python $(WORK) $(RELEASE)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(RELEASE)/prep $(RELEASE)/rlhf "$(DESTDIR)$(PREFIX)/bin"

clean:
	rm -rf .build demo-run

bootstrap:
	@scripts/bootstrap.sh
