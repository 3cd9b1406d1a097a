package sky

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/internal/journal"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
)

// oneMachine is a broker over this machine as the cloud "local".
func oneMachine(tb testing.TB) *Broker {
	tb.Helper()
	source := catalog.Source{Name: "this machine", AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	place := catalog.Place{Cloud: "local", Region: "here"}
	c, err := catalog.New(catalog.Data{
		Source:    source,
		Clouds:    []catalog.Cloud{{Name: "local", Title: "This machine", Operator: "US", Scheme: "local"}},
		Regions:   []catalog.Region{{Place: place, Country: "US"}},
		Types:     []catalog.InstanceType{{Cloud: "local", Name: "slot", CPUs: 1, Memory: unit.GiB}},
		Offerings: []catalog.Offering{{Service: "vm", Place: place, Type: catalog.InstanceType{Name: "slot"}, Market: catalog.OnDemand, Free: true, Unit: catalog.PerHour}},
	})
	require.NoError(tb, err)
	cloud, err := local.New(local.Config{Dir: tb.TempDir(), Unlimited: true})
	require.NoError(tb, err)
	b, err := New(Config{Catalog: c, Providers: []provider.Provider{cloud}, StateDir: tb.TempDir()})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, b.Close()) })
	return b
}

// chainOf is a job of stages one after the other, each of which runs "true".
func chainOf(n int) *Job {
	j := NewJob("overhead")
	var last *Stage
	for i := range n {
		s := j.Stage(fmt.Sprintf("s%d", i)).Command("true")
		if last != nil {
			s.After(last)
		}
		last = s
	}
	return j
}

// syncsOf runs a chain and counts the journal's fsyncs.
func syncsOf(t *testing.T, b *Broker, n int) int {
	t.Helper()
	p, err := b.Plan(t.Context(), chainOf(n))
	require.NoError(t, err)
	r, err := b.Start(t.Context(), p)
	require.NoError(t, err)
	_, err = r.Wait(t.Context())
	require.NoError(t, err)
	f, ok := r.log.(*journal.File)
	require.True(t, ok)
	return f.Syncs()
}

// TestStageCostsFewSyncs counts what a stage of a chain adds: the fsyncs between its predecessor's end and its own.
func TestStageCostsFewSyncs(t *testing.T) {
	t.Parallel()
	b := oneMachine(t)
	const stages = 6
	one, many := syncsOf(t, b, 1), syncsOf(t, b, stages)
	t.Logf("%d fsyncs for a run of one stage, %d for %d", one, many, stages)
	require.LessOrEqual(t, many, 4*stages+1, "a plan, and four for each stage: its machines, its start, its end, their release")
}

// BenchmarkStageOverhead compares a run of one stage that does nothing, from Start to the end of Wait, with the bare
// command. "over" is what the broker adds to it: at most 25 ms are allowed.
func BenchmarkStageOverhead(b *testing.B) {
	broker := oneMachine(b)
	p, err := broker.Plan(b.Context(), chainOf(1))
	require.NoError(b, err)
	var bare time.Duration
	for b.Loop() {
		r, err := broker.Start(b.Context(), p)
		require.NoError(b, err)
		_, err = r.Wait(b.Context())
		require.NoError(b, err)
		b.StopTimer()
		begun := time.Now()
		require.NoError(b, exec.CommandContext(b.Context(), "true").Run())
		bare += time.Since(begun)
		b.StartTimer()
	}
	over := float64(b.Elapsed()-bare) / float64(b.N) / 1e6
	b.ReportMetric(over, "ms-over/op")
	b.ReportMetric(float64(bare)/float64(b.N)/1e6, "ms-bare/op")
}
