# asyncflow.h: `make run` shows the tool at work, `make test` tests; a C compiler and make are all they need.
CC ?= cc
CXX ?= c++
CFLAGS ?= -O2
# Tests are many and run briefly: less optimisation is the shorter wait
TEST_CFLAGS ?= -O1
# make bench BENCH_CFLAGS="-O3 -march=native" CC=clang BUILD=build/other measures another compiler
BENCH_CFLAGS ?= -O2
# What threads need; nothing on Windows
THREADS ?= -lpthread
MAKEFLAGS += -j2
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wcast-align -Wdouble-promotion -Wvla
BUILD = build
# Conformance corpora and reference payloads stay outside the project: make test CORPORA=/where/they/are
CORPORA ?=
REFERENCE ?= $(if $(CORPORA),$(CORPORA)/../reference)
# Replications a scenario in the comparison with AsyncFlow; the full check takes 200
SEEDS ?= 40
# Checks that call a compiler or the tool
SCRIPTS ?= tests/compile/compile.sh tests/selftest.sh tests/examples.sh tests/readme.sh tests/mpi.sh

HEADERS = asyncflow.h asyncflow_yaml.h
TOOL = $(BUILD)/asyncflow
TEST_SOURCES = $(sort $(wildcard tests/unit/*.c tests/truth/*.c tests/reference/*.c tests/golden/*.c tests/bad/*.c tests/questions/*.c tests/tool/*.c))
TESTS = $(TEST_SOURCES:tests/%.c=$(BUILD)/tests/%)
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/[0-9]*.c)))
BENCHES = $(patsubst bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard bench/*.c)))

all: $(TOOL)

$(TOOL): examples/asyncflow.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARNINGS) $(CFLAGS) -I. $< -o $@ $(LDFLAGS) $(THREADS)

run: $(TOOL)
	$(TOOL) run examples/scenarios/two_servers.yml --text - --html $(BUILD)/report.html
	@echo "the same with its charts: $(BUILD)/report.html"

$(BUILD)/tests/%: tests/%.c tests/test.h $(HEADERS) $(wildcard tests/reference/*.inc tests/truth/*.inc tests/unit/*.inc)
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARNINGS) $(TEST_CFLAGS) -I. $< -o $@ $(LDFLAGS) $(LDLIBS) -lm

$(BUILD)/examples/%: examples/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARNINGS) $(TEST_CFLAGS) -I. $< -o $@ $(LDFLAGS) $(LDLIBS)

$(BUILD)/bench/%: bench/%.c $(wildcard bench/*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARNINGS) $(BENCH_CFLAGS) -I. $< -o $@ $(LDLIBS)

# What uses the threads of the system
$(BUILD)/bench/experiments $(BUILD)/examples/13_threads $(BUILD)/tests/unit/parts: LDLIBS = -lpthread

examples: $(EXAMPLES)

test: $(TOOL) $(TESTS) $(EXAMPLES)
	@TOOL=$(TOOL) BUILD=$(BUILD) CC="$(CC)" CXX="$(CXX)" CORPORA="$(CORPORA)" REFERENCE="$(REFERENCE)" SEEDS=$(SEEDS) SCRIPTS="$(SCRIPTS)" \
	    sh tests/run.sh $(TESTS)

# The same bits from every compiler, flag and processor whose tools are here
matrix:
	@BUILD=$(BUILD) CC="$(CC)" sh tests/matrix/matrix.sh

bench: $(BENCHES)
	@for b in $(BENCHES); do $$b || exit 1; done

# The same under several compilers and flags; M/M/1 in other simulators, where they are installed
bench-compilers:
	@BUILD=$(BUILD) MAKE="$(MAKE)" sh bench/compilers.sh

peers:
	@BUILD=$(BUILD) CC="$(CC)" CXX="$(CXX)" BENCH_CFLAGS="$(BENCH_CFLAGS)" sh bench/peers/run.sh

schema: $(TOOL)
	$(TOOL) schema > $(BUILD)/asyncflow.schema.json

clean:
	rm -rf $(BUILD)

.PHONY: all run examples test matrix bench bench-compilers peers schema clean
