# `make test` is the whole judgement: style, lints, tests on both databases, independent checkers.
# It installs PostgreSQL and strace when they are missing, starts its own throwaway cluster, and gives up with a
# clear failure after 75 minutes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
LIMIT_S ?= 4500
PYTHON ?= python3

.PHONY: test check lint suites share faults mutants tools python bench soak newcomer clean

test: tools python
	@timeout --foreground $(LIMIT_S) $(MAKE) --no-print-directory check || { code=$$?; \
	  if [ $$code -eq 124 ]; then echo "make test: stopped after $(LIMIT_S) s: too slow, or something hangs"; fi; exit $$code; }

check: lint suites share

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

suites:
	cargo test --workspace --test it

# a share of the faults for every change, with fresh seeds, and every order of every pair; a run that meets
# too few faults must say so itself
share:
	cargo test --test faults -- --pairs --schedules $(SHARE) --minutes 9 --sqlite-only
	@code=0; cargo test --quiet --test faults -- --schedules 1 --minutes 0 --sqlite-only >/dev/null 2>&1 || code=$$?; \
	  [ $$code = 3 ] || { echo "a run without faults ended with $$code, not with 3"; exit 1; }
SHARE ?= 8000

# the whole of it, about an hour; the seeds are noted in the ledger
faults:
	cargo test --release --test faults -- --pairs --schedules 30000 --minutes 60 --ledger tests/faults/seeds.txt
	CANVASS_KILLS=150 CANVASS_FAILOVERS=20 cargo test --test it -- faults::

# every patch breaks one promise, and the harness must say so
mutants:
	bash tests/mutants/run.sh

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
	cargo build --release
	benches/dispatch/run.py

# an hour at half load with faults, on each database
soak:
	cargo build --release
	benches/soak.py --minutes $(SOAK_MIN)
	benches/soak.py --minutes $(SOAK_MIN) --db postgres
SOAK_MIN ?= 60

# what somebody does who has just found this: the two commands of the README in an empty place
newcomer:
	bash tests/newcomer.sh

clean:
	cargo clean
