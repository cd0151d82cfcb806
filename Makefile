# SPDX-License-Identifier: Apache-2.0
# make demo    installs what is needed, builds, and runs the demonstration
# make test    installs what is needed, builds, and runs every test
# make prove   the same for the proofs that nothing is lost, at full depth: one table (about 20 minutes)
# make bench   installs what is needed, builds, and measures everything beside its peers (about half an hour); what comes
#              out is in build/bench. BENCH_ONLY="regular expression of WORKLOAD CASE: CONTESTANT", BENCH_REPETITIONS=7
# make install builds and installs (PREFIX=/usr/local, DESTDIR)
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD ?= build

.PHONY: all build demo test prove bench install clean

all: build

build:
	cmake -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DBRINE_TESTS=OFF -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build $(BUILD)/release -j$(JOBS)

demo:
	tools/apt-install build
	$(MAKE) build
	$(BUILD)/release/demo/run

test:
	tools/apt-install build test
	tools/run-tests $(BUILD)/test

prove:
	tools/apt-install build test
	tools/prove $(BUILD)/prove

bench:
	tools/apt-install build bench
	bench/run $(BUILD)/bench

install: build
	cmake --install $(BUILD)/release

clean:
	rm -rf $(BUILD)
