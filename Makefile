# The tasks of this project. `make` alone lists them.

GO       ?= go
CACHE    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/openintercloud-broker
# Counted, not timed: the tool calls the end of a time a failure now and then.
FUZZTIME ?= 3000x
BENCHTIME ?= 100ms
SIMULATIONS ?= 10000

# A package that links one of these holds a cloud SDK: it takes minutes to build with the race detector.
SDKS     := github.com/aws/|cloud.google.com/|github.com/Azure/|k8s.io/|google.golang.org/

.DEFAULT_GOAL := help
.PHONY: help test lint format race examples fuzz simulate integration peers netns bench

help: ## list the tasks
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | awk -F ': ' '{ printf "%-12s %s\n", $$1, $$2 }'

include internal/tools/setup.mk

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
	$(GO) test -tags integration -run '^$$' -bench OverlayLP -benchtime $(BENCHTIME) ./optimize
	HIGHS_PYTHON=$(PYTHON)/bin/python BENCH_TABLE=$(CURDIR)/BENCHMARKS.md \
		$(GO) test -tags bench -run TestTable -v -timeout 0 ./optimize/internal/bench

# Tasks that later work fills. They fail, so that nobody takes an empty run for a green one.
define later
	@echo "$@: not here yet. It will $(1); issue $(2) of 8 brings it." >&2; exit 1
endef

simulate: ## transfers under SIMULATIONS (10,000) seeded schedules of faults; the engine of runs follows in issue 5 of 8
	SIMULATIONS=$(SIMULATIONS) $(GO) test -count=1 -run TestSimulate -timeout 20m ./transfer

integration: setup ## against real things: solvers, object stores, databases, clusters, containers, the data folder (BROKER_DATA, ../shared/data)
	$(GO) vet -tags integration,bench ./...
	$(GO) test -tags integration -count=1 -run Podman ./provider/local
	$(GO) test -tags integration -count=1 -p 1 -timeout 20m ./internal/servers ./transfer/... ./catalog/...
	HIGHS_PYTHON=$(PYTHON)/bin/python \
		$(GO) test -tags integration -count=1 -timeout 30m -run 'Agree|Workflows|Placement' ./optimize ./optimize/internal/oracle ./examples/solve

peers: ## (not yet) the same work done by what a user would pick instead
	$(call later,move the same data with the tools a user would pick instead and print both figures,4)

netns: ## goodput beside the physical bound, over shaped links between network namespaces (root, iproute2; 3 minutes)
	$(GO) vet -tags netns ./internal/netns
	$(GO) test -tags netns -count=1 -timeout 6m -v -run TestTable ./internal/netns
