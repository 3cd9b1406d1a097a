//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/providertest"
	"github.com/openintercloud/broker/provider/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	prices, err := prices()
	require.NoError(t, err)
	offering, ok := prices.Offering("attic/home/vm/shelf/on-demand")
	require.True(t, ok)
	offering.Capacity = 4 // some tests hold that many at once
	request := provider.Request{Place: offering.Place, Offering: offering}
	refused := request
	refused.Nodes = offering.Capacity + 1

	providertest.Run(t, func(t *testing.T) providertest.Harness {
		dir := t.TempDir()
		machine := remote.Runner{Shell: remote.Exec{}, Root: dir, Interval: 10 * time.Millisecond}
		return providertest.Harness{
			New:     func(*testing.T) provider.Provider { return newAttic(dir, machine) },
			Request: request, Refused: refused, Lease: 3 * time.Second,
			Vanish: func(t *testing.T, ref provider.Ref) { vanish(t, machine, ref) },
			Stored: func(t *testing.T) string { return stored(t, dir) },
		}
	})
}

func TestOwncloud(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out), "%s", &out)
	for _, want := range []string{
		"dust   attic  home    shelf x1", "sort   attic  home    shelf x1", "$0.05/h", "cost    $0.002500", "tidy: succeeded",
		"the dust is gone\nall is sorted\n",
	} {
		require.Contains(t, out.String(), want)
	}
}

// vanish kills a task and its wrapper, so that nobody notes the exit.
func vanish(t *testing.T, machine remote.Runner, ref provider.Ref) {
	t.Helper()
	all, err := machine.Status(t.Context(), []remote.ID{id(ref)})
	require.NoError(t, err)
	for _, p := range []*remote.Process{all[0].Wrapper, all[0].Child} {
		require.NotNil(t, p)
		require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
	}
}

// stored is the text of all files under a folder.
func stored(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}
