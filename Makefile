# SPDX-License-Identifier: Apache-2.0
#
# The front door: short commands for people. Meson and ninja do the building.

.PHONY: build help setup demo run develop test check coverage format bench bench-charts simulate bugs fuzz prove shape clean
.DEFAULT_GOAL := build

build: build/release/build.ninja         ## build build/florin
	@ninja -C build/release --quiet
	@ln -sfn release/florin build/florin

build/release/build.ninja:
	@command -v meson >/dev/null || { echo 'meson is missing: please run "make setup" first'; exit 1; }
	@meson setup build/release >build.log 2>&1 || { cat build.log; rm -rf build/release build.log; exit 1; }
	@rm -f build.log

help:                                    ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*##/ { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup:                                   ## install what is missing (asks for nothing)
	@tools/setup

demo: setup build                        ## an order from authorization to refund, with a crash in between
	@build/florin demo

run develop: setup build                 ## gateway and simulators until Ctrl-C
	@tools/run

test:                                    ## every test; ONLY=word runs those with the word in their name
	@tools/setup test
	@tools/test $(ONLY)

check: setup                             ## what tests can't see: layers, format, rules, analyzers
	@tools/check

coverage: setup                          ## which lines of the money core no test passes through
	@tools/coverage

format:                                  ## put C sources into shape, hand-made tables kept
	@tools/format --write

bench: build                             ## measure payments a second; BENCH='--seconds 20' for longer runs
	@mkdir -p bench/results
	@build/florin bench --folder build --json bench/results/latest.json $(BENCH)
	@bench/charts

bench-charts:                            ## draw the figures of the last make bench
	@bench/charts

simulate: setup                          ## a simulated shop on SEED=n, and SEEDS=k further ones; TRACE=1 prints all of it
	@tools/simulate --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) $(if $(TRACE),--trace)

bugs: setup                              ## plant known mistakes and show that the simulation finds each
	@tools/bugs $(BUGS)

fuzz: setup                              ## look for inputs that break a promise; SECONDS=60 for a minute a target
	@tools/fuzz --seconds $(or $(SECONDS),10) $(FUZZ)

prove: setup                             ## try to break it for MINUTES=n, and add up what all such runs came to
	@tools/prove --minutes $(or $(MINUTES),10) $(PROVE)

shape:                                   ## the house in numbers: folders, functions, includes
	@tools/shape

clean:                                   ## remove everything that was built
	rm -rf build
