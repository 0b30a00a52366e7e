# `make test` is the whole judgement: style, lints, tests on both databases, independent checkers.
# It installs PostgreSQL when it is missing, starts its own throwaway cluster, and gives up with a
# clear failure after 75 minutes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
LIMIT_S ?= 4500
PYTHON ?= python3

.PHONY: test check lint suites postgres bench newcomer clean

test: postgres
	@timeout --foreground $(LIMIT_S) $(MAKE) --no-print-directory check || { code=$$?; \
	  if [ $$code -eq 124 ]; then echo "make test: stopped after $(LIMIT_S) s: too slow, or something hangs"; fi; exit $$code; }

check: lint suites

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

suites:
	cargo test --workspace --lib --test it

# Debian and its kin; elsewhere install PostgreSQL by hand
postgres:
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
	  echo "installing PostgreSQL for the tests"; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null; \
	fi

clean:
	cargo clean
