package sky_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/sky"
	"github.com/openintercloud/broker/transfer"
)

// rehearsal is a broker over the test market's clouds on this machine, with all its state below a directory.
func rehearsal(dir string) (*sky.Broker, []provider.Provider, error) {
	c, err := catalog.New(market())
	if err != nil {
		return nil, nil, err
	}
	clouds, err := local.Rehearse(c, filepath.Join(dir, "clouds"))
	if err != nil {
		return nil, nil, err
	}
	b, err := sky.New(sky.Config{Catalog: c, Providers: clouds, StateDir: filepath.Join(dir, "state"), Backoff: 50 * time.Millisecond})
	return b, clouds, err
}

// diamond is a job of five stages on three clouds; each notes that it ran, and passes data on.
func diamond(notes string) *sky.Job {
	j := sky.NewJob("diamond")
	stage := func(name, cloud, work string) *sky.Stage {
		return j.Stage(name).Script(fmt.Sprintf("set -e; echo %s >> '%s'; sleep 0.05; %s", name, notes, work)).
			Rules(sky.Clouds(cloud)).Takes(time.Minute)
	}
	top := stage("top", "azure", `echo top > "$SKY_OUT_X/line"`).Writes("x", 1*sky.KB)
	left := stage("left", "gcp", `cat "$SKY_IN_X/line" > "$SKY_OUT_Y/line"; echo left >> "$SKY_OUT_Y/line"`).
		Reads(top.Output("x")).Writes("y", 1*sky.KB)
	right := stage("right", "aws", `cat "$SKY_IN_X/line" > "$SKY_OUT_Z/line"; echo right >> "$SKY_OUT_Z/line"`).
		Reads(top.Output("x")).Writes("z", 1*sky.KB)
	bottom := stage("bottom", "azure", `cat "$SKY_IN_Y/line" "$SKY_IN_Z/line" > "$SKY_OUT_ALL/line"`).
		Reads(left.Output("y"), right.Output("z")).Writes("all", 1*sky.KB)
	stage("last", "aws", ":").After(bottom)
	return j
}

// TestKilledHostIsResumed kills a host process at thirty random moments of a run and resumes it each time: the run ends
// well, no stage runs twice, no process or allocation is left, and every output that can be seen is whole.
func TestKilledHostIsResumed(t *testing.T) {
	t.Parallel()
	const lifetime = 1500 * time.Millisecond // of a run on a slow day
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		delay := time.Duration(random.Int64N(int64(lifetime)))
		t.Run(fmt.Sprintf("%02d", i), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			killHost(t, dir, delay)
			resumeDiamond(t, dir)
		})
	}
}

// killHost runs the host and kills it some time after it has made its plan.
func killHost(t *testing.T, dir string, delay time.Duration) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), hostVariable+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	require.True(t, bufio.NewScanner(out).Scan(), "the host says when it has planned")
	exited := make(chan error, 1)
	go func() { exited <- child.Wait() }()
	select {
	case <-time.After(delay):
		if err := child.Process.Kill(); !errors.Is(err, os.ErrProcessDone) { // it may just have ended by itself
			require.NoError(t, err)
		}
		<-exited
	case err := <-exited:
		require.NoError(t, err)
	}
}

func resumeDiamond(t *testing.T, dir string) {
	t.Helper()
	b, clouds, err := rehearsal(dir)
	require.NoError(t, err)
	p, err := b.Plan(t.Context(), diamond(filepath.Join(dir, "notes")))
	require.NoError(t, err)
	r, err := b.StartAs(t.Context(), "diamond", p) // resumes, unless it was killed before it began
	require.NoError(t, err)
	report, err := r.Wait(t.Context())
	require.NoError(t, err, "%s", report)

	notes, err := os.ReadFile(filepath.Join(dir, "notes"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"top", "left", "right", "bottom", "last"}, strings.Fields(string(notes)), "no stage runs twice")
	for _, c := range clouds {
		for a, err := range c.Allocations(t.Context(), "broker") {
			require.NoError(t, err)
			t.Errorf("allocation %s is left on %s", a.Handle.Key, c.Name())
		}
	}
	requireWhole(t, clouds, r)
	require.NoError(t, b.Close())
}

// requireWhole checks the final output's bytes, and that whatever a manifest anywhere names is there, whole.
func requireWhole(t *testing.T, clouds []provider.Provider, r *sky.Run) {
	t.Helper()
	url, m, err := r.Artifact("bottom/all")
	require.NoError(t, err)
	require.Len(t, m.Objects, 1)
	manifests := 0
	for _, c := range clouds {
		storage, ok := provider.As[provider.Storage](c)
		require.True(t, ok)
		for _, region := range []string{"us-east-1", "eastus", "us-central1"} {
			scratch, err := storage.Scratch(t.Context(), catalog.Place{Cloud: c.Name(), Region: region})
			require.NoError(t, err)
			bucket, prefix, err := storage.Open(t.Context(), scratch)
			require.NoError(t, err)
			for o, err := range bucket.List(t.Context(), prefix) {
				require.NoError(t, err)
				if below, ok := strings.CutSuffix(o.Key, ".manifest"); ok {
					manifests++
					published, err := transfer.ReadManifest(t.Context(), bucket, o.Key)
					require.NoError(t, err)
					require.NoError(t, transfer.Verify(t.Context(), bucket, below[:strings.LastIndexByte(below, '/')+1], published, transfer.Options{}))
				}
			}
		}
		if bucket, key, err := storage.Open(t.Context(), url); err == nil {
			requireContent(t, bucket, key+m.Objects[0].Path, "top\nleft\ntop\nright\n")
		}
	}
	require.Equal(t, 8, manifests, "four outputs, two copies of x, one each of y and z")
}

func requireContent(t *testing.T, b transfer.Bucket, key, want string) {
	t.Helper()
	r, err := b.Read(t.Context(), key, transfer.Whole(), "")
	require.NoError(t, err)
	defer r.Close()
	got := new(strings.Builder)
	_, err = bufio.NewReader(r).WriteTo(got)
	require.NoError(t, err)
	require.Equal(t, want, got.String())
}
