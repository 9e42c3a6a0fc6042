# `make help` lists the targets. Downloads and tools live in the cache, never in the tree.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench fuzz fmt doc clean

export FLOWLOOM_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flowloom
export CARGO_TARGET_DIR ?= $(if $(CI),$(FLOWLOOM_CACHE)/target,$(CURDIR)/target)
export PATH := $(HOME)/.cargo/bin:$(PATH)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Both programs in one call: apart, cargo builds Polars once more with other features.
PROGRAMS := -p flowloom-cli -p flowloom-desktop --bins

run: ## install what is missing, build, and open the studio on the demo; without a display, run the demo here
	@scripts/install.sh run
	@cargo build -q $(PROGRAMS)
	@if [[ $$(uname -s) == Linux && -z $${DISPLAY:-}$${WAYLAND_DISPLAY:-} ]]; then \
		exec "$$CARGO_TARGET_DIR/debug/flowloom" demo; \
	else \
		exec "$$CARGO_TARGET_DIR/debug/flowloom-studio" --demo; \
	fi

test: ## install what is missing and run every test, against a real Kafka
	@scripts/install.sh test
	@cargo test --workspace

check: ## formatting, lints, licences and bans, spelling
	@scripts/install.sh check
	@cargo fmt --all --check
	@cargo clippy -q --workspace --all-targets -- -D warnings
	@"$$FLOWLOOM_CACHE/cargo-deny/bin/cargo-deny" --log-level warn check bans licenses sources
	@"$$FLOWLOOM_CACHE/typos/bin/typos"

bench: ## release benchmarks against a real Kafka, as one table of ratios
	@scripts/install.sh test
	@scripts/bench.sh

fuzz: ## feed each codec with broken messages, FUZZ_SECONDS each (20)
	@scripts/fuzz.sh

fmt: ## format the code
	@cargo fmt --all

doc: ## build the API documentation
	@cargo doc -q --workspace --no-deps

clean: ## delete the build; downloads stay in the cache
	@cargo clean -q
