package transfer_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// tiers is a cent for each of the first 1,000 bytes, half of it for the others.
func tiers(n unit.Bytes) unit.Money {
	return unit.Money(min(n, 1000))*unit.Cent + unit.Money(max(0, n-1000))*unit.Cent/2
}

// TestQuoteIsWhatIsPaid: without faults the bill is the quote, and a budget that is smaller is never crossed.
func TestQuoteIsWhatIsPaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := mem.New("src")
		for i, size := range rapid.SliceOfN(rapid.IntRange(0, 700), 1, 8).Draw(t, "sizes") {
			put(t, src, "in/"+string(rune('a'+i)), random(uint64(i), size))
		}
		opts := transfer.Options{
			PartSize: unit.Bytes(rapid.IntRange(50, 400).Draw(t, "part")),
			Tariff:   &transfer.Tariff{Egress: tiers, Read: 1000, Write: 5000, List: 7000},
		}
		from, key := at(src, "in/"), "out/"
		if rapid.Bool().Draw(t, "one object") {
			from, key = at(src, "in/a"), "out"
		}
		quote, err := transfer.QuoteCopy(context.Background(), at(mem.New("dst"), key), from, opts)
		require.NoError(t, err)
		dst := mem.New("dst")
		report, err := transfer.Copy(context.Background(), at(dst, key), from, opts)
		require.NoError(t, err)
		require.Equal(t, quote.Money, report.Money)
		require.Equal(t, quote.Bytes, report.Bytes)
		require.Equal(t, quote.Objects, report.Objects)

		opts.Spend = unit.Money(rapid.Int64Range(1, int64(quote.Money)).Draw(t, "spend"))
		dst = mem.New("dst")
		_, err = transfer.Copy(context.Background(), at(dst, key), from, opts)
		if opts.Spend >= quote.Money {
			require.NoError(t, err)
			return
		}
		var over *transfer.SpendError
		require.ErrorAs(t, err, &over)
		require.LessOrEqual(t, over.Spent, opts.Spend)
		require.Greater(t, over.Next, opts.Spend)
		require.Empty(t, content(t, dst, ""))
		require.Zero(t, dst.OpenUploads())
	})
}

func TestSpendWithLedgerGoesOn(t *testing.T) {
	t.Parallel()
	src, dst := mem.New("src"), mem.New("dst")
	put(t, src, "x", random(1, 1000))
	opts := transfer.Options{PartSize: 100, Streams: 1, Ledger: t.TempDir(), Tariff: &transfer.Tariff{Write: 10}, Spend: 80}
	_, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	var over *transfer.SpendError
	require.ErrorAs(t, err, &over)
	require.ErrorContains(t, err, "raise Spend")
	require.Equal(t, 1, dst.OpenUploads())
	opts.Spend = 0
	report, err := transfer.Copy(t.Context(), at(dst, "y"), at(src, "x"), opts)
	require.NoError(t, err)
	require.NotZero(t, report.Resumed)
	require.Equal(t, content(t, src, "x")["x"], content(t, dst, "y")["y"])
}

func TestRetriesAreCharged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := 0
		src := mem.NewWith("src", mem.Options{Fault: func(op, _ string) error {
			if op == "read" && failed < 2 {
				failed++
				return errInjected
			}
			return nil
		}})
		put(t, src, "x", random(1, 100))
		opts := transfer.Options{Tariff: &transfer.Tariff{Read: 1, Egress: func(n unit.Bytes) unit.Money { return unit.Money(n) * 1000 }}}
		report, err := transfer.Copy(t.Context(), at(mem.New("dst"), "y"), at(src, "x"), opts)
		require.NoError(t, err)
		require.Equal(t, unit.Money(100*1000+1+3), report.Money, "a description, three reads, the bytes once")
		require.Equal(t, 2, report.Retries)
	})
}

func TestTariffOverflows(t *testing.T) {
	t.Parallel()
	_, err := (&transfer.Tariff{Read: 1 << 62}).Cost(transfer.Usage{Reads: 1 << 40})
	require.ErrorIs(t, err, unit.ErrOverflow)
}
