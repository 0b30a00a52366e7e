# `make test` is the whole judgement: style, lints, tests on both databases, independent checkers.
# It installs PostgreSQL and strace when they are missing, starts its own throwaway cluster, and gives up with a
# clear failure after 75 minutes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
LIMIT_S ?= 4500
PYTHON ?= python3

.PHONY: test check lint suites tools python bench newcomer clean

test: tools python
	@timeout --foreground $(LIMIT_S) $(MAKE) --no-print-directory check || { code=$$?; \
	  if [ $$code -eq 124 ]; then echo "make test: stopped after $(LIMIT_S) s: too slow, or something hangs"; fi; exit $$code; }

check: lint suites

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

suites:
	cargo test --workspace --lib --test it

# Debian and its kin; elsewhere install PostgreSQL and strace (it makes the disk fail) by hand
tools:
	@need=; ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="postgresql"; \
	command -v strace >/dev/null || need="$$need strace"; \
	if [ -n "$$need" ]; then \
	  echo "installing for the tests: $$need"; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$need >/dev/null; \
	fi

# the Python client of examples/desktop needs grpcio
python:
	@if ! target/venv/bin/python -c 'import grpc, grpc_tools' >/dev/null 2>&1; then \
	  echo "preparing a Python with grpcio for the tests"; mkdir -p target; rm -rf target/venv; \
	  if ! $(PYTHON) -m venv target/venv >/dev/null 2>&1; then \
	    if [ "$$(id -u)" = 0 ]; then SUDO=; else SUDO=sudo; fi; \
	    $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
	    rm -rf target/venv; $(PYTHON) -m venv target/venv; \
	  fi; \
	  target/venv/bin/pip install --quiet --disable-pip-version-check grpcio grpcio-tools googleapis-common-protos; \
	fi

bench:
	cargo bench --bench draw --bench import

# what somebody does who has just found this: the two commands of the README in an empty place
newcomer:
	bash tests/newcomer.sh

clean:
	cargo clean
