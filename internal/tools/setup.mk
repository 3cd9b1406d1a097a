# What `make setup` gets, each once per version, into $(CACHE) or from the system's packages. A tool is kept under a name made of
# what pins it, so that another version is another folder and nothing is built twice.

key       = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
GOKEY    := $(shell $(GO) env GOVERSION)
BIN      := $(CACHE)/bin/$(call key,internal/tools/go.mod internal/tools/go.sum)-$(GOKEY)
SERVERS  := $(CACHE)/servers/$(call key,internal/tools/servers/go.mod internal/tools/servers/go.sum)-$(GOKEY)
KUBERNETES := $(CACHE)/kubernetes/$(call key,internal/tools/kubernetes/go.mod internal/tools/kubernetes/go.sum)-$(GOKEY)
PYTHON   := $(CACHE)/python/$(call key,internal/tools/python/requirements.txt)
AZURITE  := $(CACHE)/azurite-3.35.0

.PHONY: setup lint-tools packages servers
# One after the other: the linter alone fills two cores and most of a gigabyte.
.NOTPARALLEL: setup lint-tools servers
setup: packages lint-tools servers ## get the pinned tools, and the solvers and servers to test against, once per version

lint-tools: $(BIN)/gofumpt $(BIN)/golangci-lint
$(BIN)/gofumpt:
	cd internal/tools && $(GO) build -o $@ mvdan.cc/gofumpt
$(BIN)/golangci-lint:
	cd internal/tools && $(GO) build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# Solvers, a container runtime and servers of the system's packages, for make integration, where there is a way to install them.
NEEDED   := cbc:coinor-cbc glpsol:glpk-utils podman:podman runc:runc busybox:busybox-static npm:npm sqlite3:sqlite3 \
	/usr/sbin/sshd:openssh-server etcd:etcd-server
packages:
	@missing=$$(for need in $(NEEDED); do command -v "$${need%%:*}" >/dev/null || echo "$${need##*:}"; done); \
	python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -z "$$missing" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || \
		echo "setup: install these packages to run make integration:" $$missing >&2

# Servers of others, run on loopback: object stores (versitygw, fake-gcs-server, moto, Azurite), a Kubernetes
# control plane (ten minutes to build, once) and a Ray cluster.
servers: $(SERVERS)/versitygw $(SERVERS)/fake-gcs-server $(PYTHON)/done $(AZURITE)/node_modules/.bin/azurite-blob \
	$(KUBERNETES)/kube-apiserver $(KUBERNETES)/kube-controller-manager
$(SERVERS)/versitygw:
	cd internal/tools/servers && $(GO) build -o $@ github.com/versity/versitygw/cmd/versitygw
$(SERVERS)/fake-gcs-server:
	cd internal/tools/servers && $(GO) build -o $@ github.com/fsouza/fake-gcs-server
$(KUBERNETES)/%:
	cd internal/tools/kubernetes && $(GO) build -p 2 -o $@ k8s.io/kubernetes/cmd/$*
$(PYTHON)/done: internal/tools/python/requirements.txt
	python3 -m venv $(PYTHON) && $(PYTHON)/bin/python -m pip install -q --disable-pip-version-check -r $< && touch $@
$(AZURITE)/node_modules/.bin/azurite-blob:
	npm install --silent --no-fund --no-audit --prefix $(AZURITE) azurite@3.35.0

# Where package internal/servers finds them.
export SERVERS KUBERNETES PYTHON AZURITE
