# Touchstone. The two commands of the README are `make demo` and `make test`.
SHELL := /bin/bash
PREFIX ?= /usr/local
RELEASE := .build/release
BENCHMARKS := swift build -c release --package-path Benchmarks --scratch-path .build/benchmarks
# Benchmarks/peers/setup.sh makes PEERS, Benchmarks/peers/make_workload.py fills WORK.
WORK ?= $(PEERS)/work

.PHONY: demo methods bench-memory test test-all check lint format build bench bench-gate bench-peers install clean bootstrap

demo: build
	@scripts/demo.sh

# The demo's model fine-tuned by every method, side by side, into docs/methods.md.
methods: build
	@scripts/methods.sh

test: bootstrap
	swift build --build-tests
	swift test --skip-build --disable-xctest --parallel

# Everything slow as well: optimised tests, Debian's FAQ, and parity on the full workload when PEERS names its folder.
test-all: test build bench-gate
	swift test -c release --disable-xctest --parallel
	scripts/debian-faq.sh
	scripts/kill-and-resume.py
ifdef PEERS
	$(PEERS)/now/bin/python Benchmarks/peers/parity.py $(WORK) $(RELEASE)/rlhf
	$(PEERS)/now/bin/python Tests/ModelsTests/check_peft.py $(RELEASE)/rlhf
	$(PEERS)/now/bin/python Tests/ModelsTests/check_methods_peft.py $(RELEASE)/rlhf
	$(PEERS)/llamacpp/bin/python Tests/ModelsTests/check_gguf.py $(RELEASE)/rlhf Tests/ModelsTests/Fixtures/tiny $(WORK)/smol135
else
	@echo "test-all: parity with transformers, TRL, PEFT and llama.cpp skipped; see Benchmarks/peers/README.md, then: make test-all PEERS=DIR"
endif

check: lint test

lint: bootstrap
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks schemas pipelines
	scripts/recipes-doc.py --check
	scripts/check-docs.py

format: bootstrap
	swift format format --in-place --recursive Package.swift Sources Tests Benchmarks schemas pipelines

build: bootstrap
	swift build -c release --product prep
	swift build -c release --product rlhf

# Figures of this machine: kernels against their portable twins and the roofline, products and memory; with
# MODEL=FOLDER what a model does on it.
bench: build
	$(BENCHMARKS) --product kernels
	.build/benchmarks/release/kernels
	$(RELEASE)/rlhf doctor
ifdef MODEL
	$(RELEASE)/rlhf bench $(MODEL)
endif

# Instructions of every kernel against Benchmarks/instructions.json; UPDATE=--update records them anew.
bench-gate: bootstrap
	$(BENCHMARKS) --product instructions
	Benchmarks/gate.py .build/benchmarks/release/instructions $(UPDATE)

# Ours and the peers on the same work, in turns; ARGUMENTS="--only sft,dpo --turns 5", LLMC=FOLDER for llm.c.
bench-peers: build
	@test -n "$(PEERS)" || { echo "bench-peers: name a folder for the peers, which are installed there: make bench-peers PEERS=DIR"; exit 2; }
	Benchmarks/peers/setup.sh $(PEERS)
	test -e $(WORK)/smol135 || $(PEERS)/now/bin/python Benchmarks/peers/make_workload.py $(WORK)
	Benchmarks/peers/compare.py $(PEERS) $(WORK) $(RELEASE) $(if $(LLMC),--llmc $(LLMC)) $(ARGUMENTS)

# Peak memory of fine-tuning 135M, 1.1B and 7B shapes against their limits; MEMORY=FOLDER for 5 GB of models.
MEMORY ?= demo-run/memory
bench-memory: build
	scripts/memory.sh $(MEMORY)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 755 $(RELEASE)/prep $(RELEASE)/rlhf "$(DESTDIR)$(PREFIX)/bin"

clean:
	rm -rf .build demo-run

bootstrap:
	@scripts/bootstrap.sh
