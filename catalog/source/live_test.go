package source_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

func TestLive(t *testing.T) {
	t.Parallel()
	old := base(t)
	now := day.Add(48 * time.Hour)
	quoter := source.QuoterFunc(func(_ context.Context, o catalog.Offering) (source.Quote, error) {
		if o.Place.Cloud == "azure" {
			return source.Quote{}, errors.New("no answer")
		}
		return source.Quote{Price: o.Price / 2, AsOf: now}, nil
	})
	live := source.Live{Title: "spot prices", Quoter: quoter, Offerings: old.Data().Offerings}
	c, report, err := source.Load(t.Context(), old, live)
	require.NoError(t, err)
	o, ok := c.Offering("aws/us-east-1/vm/m5.large/on-demand")
	require.True(t, ok)
	require.Equal(t, usd(t, "0.05"), o.Price)
	require.Equal(t, 7, o.Capacity)
	require.Equal(t, catalog.Source{Name: "spot prices", AsOf: now}, o.Source)
	o, ok = c.Offering("azure/westeurope/vm/Standard_D2s_v5/on-demand")
	require.True(t, ok)
	require.Equal(t, before, o.Source) // the old price stands
	require.Len(t, report.Defects, 1)
	require.Equal(t, "no quote: no answer", report.Defects[0].Reason)
	require.Equal(t, []string{
		"aws/us-east-1/vm/m5.large/on-demand: price: $0.05 per hour by spot prices, not $0.10 per hour by catalog",
	}, lines(report.Conflicts))
}

func TestLiveAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]source.Quote{
		"the price is 0": {AsOf: day}, "no date": {Price: 1}, "not believed": {Price: 1 << 62, AsOf: day},
		"is negative": {Price: -1, AsOf: day},
	} {
		quoter := source.QuoterFunc(func(context.Context, catalog.Offering) (source.Quote, error) { return q, nil })
		d := drain(source.Live{Title: "live", Quoter: quoter, Offerings: base(t).Data().Offerings}.Rows(t.Context()))
		require.NoError(t, d.err)
		require.Empty(t, d.rows)
		require.Len(t, d.defects, 2)
		require.Contains(t, d.complaints()[0], want)
	}
	require.ErrorContains(t, drain(source.Live{Title: "live"}.Rows(t.Context())).err, "must be set")
	ctx, cancel := context.WithCancel(t.Context())
	quoter := source.QuoterFunc(func(ctx context.Context, _ catalog.Offering) (source.Quote, error) {
		cancel()
		return source.Quote{}, ctx.Err()
	})
	d := drain(source.Live{Title: "live", Quoter: quoter, Offerings: base(t).Data().Offerings}.Rows(ctx))
	require.ErrorIs(t, d.err, context.Canceled)
	require.Empty(t, d.defects)
}

// Answers come in order, however many questions are under way; never more than allowed are.
func TestLiveIsOrderedAndBounded(t *testing.T) {
	t.Parallel()
	var offerings []catalog.Offering
	for i := range 50 {
		offerings = append(offerings, catalog.Offering{ID: fmt.Sprint(i)})
	}
	var under, most atomic.Int64
	quoter := source.QuoterFunc(func(_ context.Context, o catalog.Offering) (source.Quote, error) {
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer under.Add(-1)
		return source.Quote{Price: unit.Price(len(o.ID)), AsOf: day}, nil
	})
	d := drain(source.Live{Title: "live", Quoter: quoter, Offerings: offerings, Parallel: 3}.Rows(t.Context()))
	require.Len(t, d.rows, 50)
	for i, r := range d.rows {
		require.Equal(t, fmt.Sprint(i), r.Offering.ID)
		require.Equal(t, i+1, r.Where.Row)
	}
	require.LessOrEqual(t, most.Load(), int64(3))
}
