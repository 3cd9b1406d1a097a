package broker_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/openintercloud/broker"

// room is what the packages at a path and below it may import beside the standard library and each other. A package
// lies in the room with the longest matching path. "x" allows the package x, "x/..." also those below it.
type room struct {
	path string
	ours []string // our packages, relative to the module
	libs []string // packages of others
}

// leaves are ours and may be imported by all but optimize and internal/journal.
func leaves() []string { return []string{"catalog/unit", "provider/fault", "provider/secret"} }

// sdks may be linked only by concrete providers and buckets.
func sdks() []string {
	return []string{"github.com/aws/", "cloud.google.com/", "github.com/Azure/", "k8s.io/", "google.golang.org/"}
}

// rooms is the import table of ARCHITECTURE.md.
func rooms() []room {
	with := func(more ...string) []string { return append(leaves(), more...) }
	testing := []string{"github.com/stretchr/testify/...", "pgregory.net/rapid"}
	screen := []string{"github.com/vbauerster/mpb/v8/...", "github.com/jedib0t/go-pretty/v6/...", "golang.org/x/term"}
	sync, system := "golang.org/x/sync/...", "golang.org/x/sys/..."
	bucket := with("catalog/...", "transfer/...")
	cloud := with("catalog/...", "provider", "provider/remote/...", "transfer/...")
	public := with("catalog/...", "optimize/...", "provider/...", "sky/...", "transfer/...")
	return []room{
		{path: ""},
		{path: "catalog", ours: leaves()},
		{path: "catalog/unit"},
		// Price lists are fetched, and broken connections tried again; private clouds write YAML. Neither belongs in catalog itself.
		{path: "catalog/source", ours: with("catalog"), libs: []string{sync, "github.com/hashicorp/go-retryablehttp", "go.yaml.in/yaml/v4"}},
		// Suites talk to live endpoints; the one for S3 links its SDK and the AWS signer, and nothing else of the catalog may.
		{path: "catalog/verify", ours: with("catalog")},
		{path: "catalog/verify/s3suite", ours: with("catalog", "catalog/verify"), libs: []string{"github.com/aws/..."}},
		{path: "optimize"},
		{path: "transfer", ours: with("catalog/...", "internal/journal"), libs: []string{sync, system, "github.com/bmatcuk/doublestar/v4"}},
		{path: "transfer/overlay", ours: with("catalog/...", "optimize", "transfer"), libs: []string{sync}},
		{path: "transfer/wire", ours: leaves(), libs: []string{"golang.org/x/time/rate"}},
		{path: "transfer/relay", ours: with("catalog/...", "transfer")},
		{path: "transfer/buckettest", ours: bucket, libs: testing},
		{path: "transfer/s3", ours: bucket, libs: []string{sync, "github.com/aws/..."}},
		{path: "transfer/gcs", ours: bucket, libs: []string{sync, "cloud.google.com/go/...", "google.golang.org/..."}},
		{path: "transfer/azblob", ours: bucket, libs: []string{sync, "github.com/Azure/..."}},
		{path: "provider", ours: with("catalog/...", "transfer/...")},
		{path: "provider/fault"},
		{path: "provider/secret"},
		{path: "provider/providertest", ours: cloud, libs: testing},
		{path: "provider/remote", ours: cloud, libs: []string{sync, system, "golang.org/x/crypto/..."}},
		{path: "provider/fake", ours: cloud, libs: []string{sync}},
		{path: "provider/local", ours: cloud, libs: []string{sync, system, "github.com/fsnotify/fsnotify"}},
		{path: "provider/ssh", ours: cloud, libs: []string{sync, "golang.org/x/crypto/..."}},
		{path: "provider/kubernetes", ours: cloud, libs: []string{sync, "k8s.io/..."}},
		{path: "provider/ray", ours: cloud, libs: []string{sync}},
		{path: "provider/slurm", ours: cloud, libs: []string{sync}},
		{path: "provider/aws", ours: cloud, libs: []string{sync, "github.com/aws/..."}},
		{path: "provider/gcp", ours: cloud, libs: []string{sync, "cloud.google.com/go/...", "google.golang.org/..."}},
		{path: "provider/azure", ours: cloud, libs: []string{sync, "github.com/Azure/..."}},
		{path: "internal", ours: leaves()},
		{path: "internal/engine", ours: leaves()},
		{path: "internal/journal"},
		{path: "internal/servers", libs: testing}, // only integration tests import it
		{
			path: "sky",
			ours: with("catalog/...", "optimize/...", "provider", "provider/remote/...", "transfer/...", "internal/..."),
			libs: append(screen, sync),
		},
		{path: "sky/sweep", ours: public},
		{path: "sky/skytest", ours: public, libs: testing},
		{path: "sky/dashboard", ours: public},
		{path: "examples", ours: public, libs: screen},
	}
}

// roomOf is the rule for a package, given relative to the module.
func roomOf(pkg string) room {
	var best room
	for _, r := range rooms() {
		if len(r.path) >= len(best.path) && within(pkg, r.path) {
			best = r
		}
	}
	return best
}

// within reports whether pkg is dir or lies below it. Only the root package lies in the room "".
func within(pkg, dir string) bool { return pkg == dir || dir != "" && strings.HasPrefix(pkg, dir+"/") }

func allowed(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		dir, below := strings.CutSuffix(p, "/...")
		return pkg == dir || below && within(pkg, dir)
	})
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// packages asks the go command for our packages and all they link, by import path.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	all := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all[p.ImportPath] = p
	}
}

// ours gives a package's path relative to the module.
func ours(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

// linked is every package a program that imports path is made of.
func linked(all map[string]listed, path string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(path string) {
		if !seen[path] {
			seen[path] = true
			for _, p := range all[path].Imports {
				visit(p)
			}
		}
	}
	visit(path)
	return slices.Sorted(maps.Keys(seen))
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		pkg, own := ours(path)
		if !own {
			continue
		}
		r := roomOf(pkg)
		for _, dep := range all[path].Imports {
			if rel, own := ours(dep); own {
				if roomOf(rel).path != r.path && !allowed(rel, r.ours) {
					t.Errorf("%s imports %s, which room %q may not", pkg, rel, r.path)
				}
			} else if dep != "C" && !all[dep].Standard && !allowed(dep, r.libs) {
				t.Errorf("%s imports %s, which room %q may not", pkg, dep, r.path)
			}
		}
	}
}

func TestEveryPackageHasARoom(t *testing.T) {
	t.Parallel()
	for path := range packages(t) {
		if pkg, own := ours(path); own && pkg != "" {
			require.NotEmpty(t, roomOf(pkg).path, "%s lies in no room of the import table", pkg)
		}
	}
}

// Whoever imports the front door, or what lies behind it, links no cloud's SDK.
func TestCoreLinksNoSDK(t *testing.T) {
	t.Parallel()
	all := packages(t)
	core := []string{"sky", "catalog", "optimize", "transfer", "provider", "internal/engine", "internal/journal"}
	for _, pkg := range core {
		require.NotEmpty(t, all[module+"/"+pkg].ImportPath, "no package %s", pkg)
		for _, dep := range linked(all, module+"/"+pkg) {
			for _, sdk := range sdks() {
				require.False(t, strings.HasPrefix(dep, sdk), "%s links %s", pkg, dep)
			}
		}
	}
}

// What plans and what remembers depends on nobody: no package of others, at any depth.
func TestPureCoreIsStandardLibrary(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, pkg := range append([]string{"catalog", "optimize", "internal/engine", "internal/journal"}, leaves()...) {
		for _, dep := range linked(all, module+"/"+pkg) {
			_, own := ours(dep)
			require.True(t, own || all[dep].Standard, "%s links %s", pkg, dep)
		}
	}
}

func TestTheTableRefuses(t *testing.T) {
	t.Parallel()
	for pkg, dep := range map[string]string{
		"catalog": "transfer", "optimize": "catalog/unit", "transfer": "provider", "transfer/file": "sky",
		"provider": "provider/local", "provider/remote": "sky", "provider/aws": "provider/gcp", "provider/local": "sky", "sky": "provider/local",
		"internal/engine": "provider", "internal/journal": "catalog/unit", "catalog/unit": "catalog",
		"examples/quickstart": "internal/engine", "sky/sweep": "internal/journal",
	} {
		r := roomOf(pkg)
		require.False(t, roomOf(dep).path == r.path || allowed(dep, r.ours), "%s may import %s", pkg, dep)
	}
	require.False(t, allowed("github.com/aws/aws-sdk-go-v2/aws", roomOf("sky").libs))
	require.True(t, allowed("github.com/aws/aws-sdk-go-v2/aws", roomOf("provider/aws").libs))
}

func TestRootHoldsOnlyTheRooms(t *testing.T) {
	t.Parallel()
	permitted := []string{"sky", "catalog", "optimize", "provider", "transfer", "internal", "examples", "docs"}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			require.Contains(t, permitted, e.Name(), "a folder at the root that the design does not have")
		}
	}
}
