# The tasks of this project. `make` alone lists them.

GO       ?= go
CACHE    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/openintercloud-broker
# Counted, not timed: the tool calls the end of a time a failure now and then.
FUZZTIME ?= 3000x
BENCHTIME ?= 100ms

# Tools are kept by what pins them, so that another version is another folder and nothing is built twice.
TOOLKEY  := $(shell cat internal/tools/go.mod internal/tools/go.sum | cksum | cut -d ' ' -f 1)-$(shell $(GO) env GOVERSION)
BIN      := $(CACHE)/bin/$(TOOLKEY)

# A package that links one of these holds a cloud SDK: it takes minutes to build with the race detector.
SDKS     := github.com/aws/|cloud.google.com/|github.com/Azure/|k8s.io/|google.golang.org/

.DEFAULT_GOAL := help
.PHONY: help setup test lint format race examples fuzz simulate integration peers netns bench

help: ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | awk -F ': ' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: $(BIN)/gofumpt $(BIN)/golangci-lint solvers containers ## get the pinned tools and the solvers to compare with, once per version

# One tool after the other: the linter alone fills two cores and most of a gigabyte.
.NOTPARALLEL: setup
$(BIN)/gofumpt:
	cd internal/tools && $(GO) build -o $@ mvdan.cc/gofumpt
$(BIN)/golangci-lint:
	cd internal/tools && $(GO) build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The solvers of others: CBC and GLPK from the system's packages, where there is a way to install them, and HiGHS into a Python
# environment of its own. Only make integration and make bench need them, and say so when one is missing.
HIGHS := $(CACHE)/highspy-1.16.0
.PHONY: solvers
solvers:
	@command -v cbc >/dev/null && command -v glpsol >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends coinor-cbc glpk-utils python3-venv >/dev/null; } || \
		echo "setup: no CBC, GLPK or python3 with venv: install coinor-cbc, glpk-utils and python3-venv to run make integration" >&2
	@$(HIGHS)/bin/python -c 'import highspy' 2>/dev/null || \
		{ python3 -m venv $(HIGHS) && $(HIGHS)/bin/python -m pip install -q --disable-pip-version-check highspy==1.16.0; } || \
		echo "setup: no HiGHS: python3 with venv and pip could not install highspy" >&2

# A container runtime and a program to put into an image, for make integration.
.PHONY: containers
containers:
	@command -v podman >/dev/null && command -v runc >/dev/null && command -v busybox >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman runc busybox-static >/dev/null; } || \
		echo "setup: no podman, runc or busybox: install podman, runc and busybox-static to run make integration" >&2

test: ## every test that needs nothing but Go
	$(GO) test ./...

lint: setup ## vet, linters, layer rules, formatting
	$(GO) vet ./...
	$(BIN)/golangci-lint run ./...

format: setup ## rewrite all files the way lint wants them
	$(BIN)/golangci-lint fmt ./...

race: ## the tests of every package without a cloud SDK, under the race detector
	$(GO) test -race $$($(GO) list -f '{{.ImportPath}} {{join .Deps " "}}' ./... | grep -v -E ' ($(SDKS))|/examples/' | cut -d ' ' -f 1)

examples: ## run each example; their own tests check what they print
	@for dir in $$($(GO) list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./examples/...); do \
		echo "== $$dir"; $(GO) run "$$dir" </dev/null || exit 1; \
	done

fuzz: ## each fuzz target for FUZZTIME (3000 inputs)
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c 6- | sort -u); do \
			echo "== $$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; \
		done; \
	done

bench: setup ## the Go benchmarks, BENCHTIME (100ms) each, then the optimizer beside other solvers: writes BENCHMARKS.md
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) \
		./catalog/... ./optimize/... ./internal/journal/... ./internal/engine/... ./transfer/...
	HIGHS_PYTHON=$(HIGHS)/bin/python BENCH_TABLE=$(CURDIR)/BENCHMARKS.md \
		$(GO) test -tags bench -run TestTable -v -timeout 0 ./optimize/internal/bench

# Tasks that later work fills. They fail, so that nobody takes an empty run for a green one.
define later
	@echo "$@: not here yet. It will $(1); issue $(2) of 8 brings it." >&2; exit 1
endef

simulate: ## (not yet) the engine against simulated clouds, with faults and crashes
	$(call later,run the engine against fake clouds over many seeds with faults at every crash point,5)

integration: setup ## against real things: CBC, GLPK and HiGHS, the data folder (BROKER_DATA, ../shared/data), podman
	$(GO) vet -tags integration,bench ./optimize/... ./examples/solve/... ./provider/local
	$(GO) test -tags integration -count=1 -run Podman ./provider/local
	HIGHS_PYTHON=$(HIGHS)/bin/python \
		$(GO) test -tags integration -count=1 -timeout 30m -run 'Agree|Workflows|Placement' ./optimize ./optimize/internal/oracle ./examples/solve

peers: ## (not yet) the same work done by what a user would pick instead
	$(call later,move the same data with the tools a user would pick instead and print both figures,4)

netns: ## (not yet) transfers over shaped links between network namespaces
	$(call later,run transfers over shaped links between network namespaces and print how near the bound they come,4)
