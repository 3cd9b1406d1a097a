//go:build integration

package local_test

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/sky"
)

// podman is how containers run as root on a machine without cgroup v2, an overlay file system and a registry.
func podman() []string {
	return []string{
		"podman", "--storage-driver=vfs", "--runtime", "runc", "--cgroup-manager=cgroupfs", "run",
		"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
	}
}

// image makes a container image that holds a statically linked busybox and nothing else.
func image(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("busybox")
	require.NoError(t, err, "apt-get install busybox-static podman runc")
	binary, err := os.ReadFile(path)
	require.NoError(t, err)
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "bin/busybox", Mode: 0o755, Size: int64(len(binary))}))
	_, err = w.Write(binary)
	require.NoError(t, err)
	for _, name := range []string{"sh", "cat", "tr"} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "bin/" + name, Linkname: "busybox", Typeflag: tar.TypeSymlink}))
	}
	require.NoError(t, w.Close())
	const name = "localhost/broker-test:1"
	load := exec.CommandContext(t.Context(), "podman", "--storage-driver=vfs", "import", "-", name)
	load.Stdin = &buf
	out, err := load.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return name
}

// TestImageStageRunsInPodman runs a job whose second stage works in a real container on what the first has written.
func TestImageStageRunsInPodman(t *testing.T) {
	place := catalog.Place{Cloud: "local", Region: "here"}
	c, err := catalog.New(catalog.Data{
		Clouds:    []catalog.Cloud{{Name: "local"}},
		Regions:   []catalog.Region{{Place: place}},
		Types:     []catalog.InstanceType{{Cloud: "local", Name: "small", CPUs: 1, Memory: 64 * unit.MiB}},
		Offerings: []catalog.Offering{{Service: "vm", Place: place, Type: catalog.InstanceType{Name: "small"}, Price: 1}},
		Source:    catalog.Source{Name: "this test", AsOf: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
	})
	require.NoError(t, err)
	cloud, err := local.New(local.Config{Dir: t.TempDir(), Container: podman()})
	require.NoError(t, err)
	broker, err := sky.New(sky.Config{Catalog: c, Providers: []provider.Provider{cloud}, StateDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, broker.Close()) })

	job := sky.NewJob("podman")
	words := job.Stage("words").Script(`echo hello from outside > "$SKY_OUT_WORDS/text"`).Writes("words", sky.KB)
	job.Stage("loud").Image(image(t)).Command("/bin/sh", "-c", `test ! -e /etc/passwd && cat "$1/text" | tr a-z A-Z > "$2/text" && cat "$2/text"`, "sh", "{in.words}", "{out.loud}").
		Reads(words.Output("words")).Writes("loud", sky.KB)
	plan, err := broker.Plan(t.Context(), job)
	require.NoError(t, err)
	run, err := broker.Start(t.Context(), plan)
	require.NoError(t, err)
	_, err = run.Wait(t.Context())
	var log strings.Builder
	require.NoError(t, run.Logs(context.Background(), "loud", &log))
	require.NoError(t, err, "%s", &log)
	require.Contains(t, log.String(), "HELLO FROM OUTSIDE", "not on the machine itself, which has an /etc/passwd")
}
