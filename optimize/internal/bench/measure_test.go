//go:build bench

package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/optimize"
	"github.com/openintercloud/broker/optimize/internal/oracle"
)

// sample is one instance measured.
type sample struct {
	millis float64 // or what else the row is about, such as a ratio
	proved bool
	gap    float64
	width  int
	theirs map[string]their
}

// their is what another solver needed for the same instance.
type their struct {
	millis float64
	proved bool
	lost   bool // it crashed
}

func seeded(row string, seed int) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, c := range []byte(row) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(h, uint64(seed)))
}

// timed runs f, three times if it is quick, and gives the median in milliseconds.
func timed(f func()) float64 {
	var all []float64
	for len(all) < 3 {
		runtime.GC()
		start := time.Now()
		f()
		all = append(all, float64(time.Since(start).Nanoseconds())/1e6)
		if all[0] > 300 {
			break
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// unlimited leaves it to the context to end a solve.
func unlimited() optimize.Limit { return optimize.Limit{Nodes: 1 << 40} }

// solve solves within a time and checks what comes out. A solve that finds nothing in time has a gap of 1.
func solve(t *testing.T, p *optimize.Problem, within time.Duration) *optimize.Solution {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s, err := optimize.Solve(ctx, p, unlimited())
	if _, ok := errors.AsType[*optimize.UnfinishedError](err); ok {
		return s
	}
	require.NoError(t, err)
	return s
}

// measure times a solve and checks its plan.
func measure(t *testing.T, p *optimize.Problem, within time.Duration) sample {
	var s *optimize.Solution
	out := sample{width: width(p)}
	out.millis = timed(func() { s = solve(t, p, within) })
	if s.Choice != nil {
		require.NoError(t, optimize.Verify(p, s))
	}
	out.proved, out.gap = s.Status == optimize.Optimal, s.Gap()
	return out
}

// others asks the other solvers too, and compares the optimum where both sides proved one.
func (b *bench) others(t *testing.T, p *optimize.Problem, out *sample) {
	if b.asked == 0 {
		return
	}
	m, err := oracle.NewModel(p)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, m.Save(dir))
	ours := solve(t, p, time.Minute)
	out.theirs = map[string]their{}
	for _, s := range b.solvers {
		start := time.Now()
		a, err := s.Solve(context.Background(), m, dir, b.limit)
		require.NoError(t, err)
		took := time.Since(start)
		if a.Took > 0 {
			took = a.Took
		}
		proved := a.Status == optimize.Optimal
		if proved && ours.Status == optimize.Optimal {
			require.InEpsilon(t, float64(ours.Value), a.Value, 1e-5, s.Name)
		}
		out.theirs[s.Name] = their{float64(took.Nanoseconds()) / 1e6, proved, a.Crashed}
	}
}

// peak gives the most heap, in MB, that was in use while f ran, beyond what was in use before.
func peak(f func()) float64 {
	runtime.GC()
	read := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	before, most := read(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			most = max(most, read())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return float64(most-min(before, most)) / 1e6
}
