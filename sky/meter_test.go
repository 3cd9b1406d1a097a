package sky

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
)

// TestTheBudgetIsLookedAtWhenAStepOfBillingIsOver: in the middle of a day that is paid for nothing is spent, and yet the next
// day may be one too many.
func TestTheBudgetIsLookedAtWhenAStepOfBillingIsOver(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	m := newMeter(30 * Dollar)
	day := catalog.Offering{Unit: catalog.PerHour, Price: 1_000_000_000, Increment: 24 * time.Hour}
	free := catalog.Offering{Unit: catalog.PerHour, Free: true, Increment: time.Second}
	for i, o := range []catalog.Offering{day, free} {
		ref := engine.AttemptRef{Stage: i, Attempt: 1}
		m.live[ref], m.orders[ref] = held{Since: begun}, orders{Offering: o, Nodes: 1}
	}
	noon := begun.Add(12 * time.Hour)
	at, some := m.exhausted(0, noon)
	require.True(t, some)
	require.Equal(t, begun.Add(24*time.Hour+time.Millisecond), at)
	_, over := m.overspent(0, at.Add(-time.Millisecond))
	require.False(t, over)
	_, over = m.overspent(0, at)
	require.True(t, over, "$48 are more than $30")

	delete(m.live, engine.AttemptRef{Stage: 0, Attempt: 1})
	_, some = m.exhausted(0, noon)
	require.False(t, some, "what is free is never too much")
}
