package unit_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
)

func ExamplePrice_For() {
	hourly, _ := unit.Dollars("12.24")
	cost, _ := hourly.For(unit.Hours(8*time.Hour + 24*time.Minute))
	egress, _ := unit.Dollars("0.09")
	move, _ := egress.For(unit.Gigabytes(400 * unit.MB))
	fmt.Println(cost, move, (cost + move).Cents())
	// Output: $102.816 $0.036 $102.85
}

func ExampleParseBytes() {
	size, err := unit.ParseBytes("1.5 GiB")
	fmt.Println(int64(size), size, err)
	// Output: 1610612736 1.61 GB <nil>
}

// exact is price × n/per rounded half away from zero, by arbitrary precision.
func exact(price, n, per int64) *big.Int {
	r := new(big.Rat).Mul(new(big.Rat).SetInt64(price), big.NewRat(n, per))
	neg := r.Sign() < 0
	r.Abs(r)
	r.Add(r, big.NewRat(1, 2))
	q := new(big.Int).Quo(r.Num(), r.Denom())
	if neg {
		q.Neg(q)
	}
	return q
}

func TestForIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(math.MinInt64, math.MaxInt64).Draw(t, "price")
		n := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
		per := rapid.Int64Range(1, math.MaxInt64).Draw(t, "per")
		want := exact(price, n, per)
		got, err := unit.Price(price).For(unit.Quantity{N: n, Per: per})
		if new(big.Int).Abs(want).IsInt64() {
			require.NoError(t, err)
			require.Equal(t, want.Int64(), int64(got))
		} else {
			require.ErrorIs(t, err, unit.ErrOverflow)
		}
	})
}

func TestForRoundsHalfUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price  unit.Price
		n, per int64
		want   unit.Money
	}{
		{1, 1, 2, 1},
		{1, 1, 3, 0},
		{3, 1, 2, 2},
		{-1, 1, 2, -1},
		{-1, 1, 3, 0},
		{7, 0, 5, 0},
		{7, 3, 0, 21}, // a denominator of 0 counts as 1
		{math.MaxInt64, 1, 1, math.MaxInt64},
	} {
		got, err := c.price.For(unit.Quantity{N: c.n, Per: c.per})
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%d × %d/%d", c.price, c.n, c.per)
	}
}

func TestForOverflow(t *testing.T) {
	t.Parallel()
	for _, q := range []unit.Quantity{{N: 2, Per: 1}, {N: -1, Per: 1}, {N: 1, Per: -1}} {
		_, err := unit.Price(math.MaxInt64).For(q)
		require.ErrorIs(t, err, unit.ErrOverflow)
	}
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	price := unit.Price(unit.Dollar)
	for _, c := range []struct {
		q    unit.Quantity
		want string
	}{
		{unit.Hours(90 * time.Minute), "$1.50"},
		{unit.Hours(90 * time.Minute).Times(4), "$6.00"},
		{unit.Gigabytes(250 * unit.MB), "$0.25"},
		{unit.GigabyteMonths(10*unit.GB, 73*time.Hour), "$1.00"},
		{unit.GigabyteMonths(0, time.Hour), "$0.00"},
		{unit.Count(3), "$3.00"},
		{unit.Quantity{}, "$0.00"},
	} {
		got, err := price.For(c.q)
		require.NoError(t, err)
		require.Equal(t, c.want, got.String())
	}
	for _, q := range []unit.Quantity{
		unit.GigabyteMonths(unit.Bytes(math.MaxInt64), time.Duration(math.MaxInt64)),
		unit.Count(math.MaxInt64).Times(2), unit.Count(1).Times(-1), unit.Hours(-time.Hour),
	} {
		_, err := price.For(q)
		require.ErrorIs(t, err, unit.ErrOverflow)
	}
}

func TestMoneyPrintsAndParses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := unit.Money(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "money"))
		got, err := unit.ParseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, got)
		if m >= 0 {
			p, err := unit.Dollars(m.Round(9)[1:])
			require.NoError(t, err)
			require.Equal(t, unit.Price(m), p)
		}
	})
}

func TestMoneyRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m      unit.Money
		digits int
		want   string
	}{
		{40*unit.Dollar + 5*unit.Cent/10, 2, "$40.01"},
		{40*unit.Dollar + 5*unit.Cent/10 - 1, 2, "$40.00"},
		{-5 * unit.Cent / 10, 2, "-$0.01"},
		{1_500_000_000, 0, "$2"},
		{1_500_000_000, -3, "$2"},
		{1, 9, "$0.000000001"},
		{1, 12, "$0.000000001"},
		{math.MaxInt64, 0, "$9223372037"},
		{math.MinInt64, 9, "-$9223372036.854775808"},
	} {
		require.Equal(t, c.want, c.m.Round(c.digits), "%d to %d", int64(c.m), c.digits)
	}
	require.Equal(t, "$12.24", (12*unit.Dollar + 24*unit.Cent).Cents())
}

func TestParseMoneyRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "-", "$", ".5", "1.", "1.0000000001", "1e3", "0x1", "1,000", " 1", "+1", "$-5", "NaN", "Inf"} {
		_, err := unit.ParseMoney(s)
		require.Error(t, err, "%q", s)
	}
	_, err := unit.ParseMoney("9223372037")
	require.ErrorIs(t, err, unit.ErrOverflow)
}

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]unit.Bytes{
		"0": 0, "4096": 4096, "8GB": 8 * unit.GB, "1.5 GiB": 3 * unit.GiB / 2, " 2 TB ": 2 * unit.TB, "1kB": 1000, "1KB": 1000,
		"0.5 B": 1, "0.4B": 0, "3PiB": 3 * unit.PiB, "7 B": 7,
	} {
		got, err := unit.ParseBytes(s)
		require.NoError(t, err, "%q", s)
		require.Equal(t, want, got, "%q", s)
	}
	for _, s := range []string{"", "GB", "-1GB", "1 GBB", "1e3", "1..2", "9 EB", "10000PiB", "one", "+5", "1/2"} {
		_, err := unit.ParseBytes(s)
		require.Error(t, err, "%q", s)
	}
}

func TestBytesPrint(t *testing.T) {
	t.Parallel()
	require.Equal(t, "8 GB", (8 * unit.GB).String())
	require.Equal(t, "1.25 MB", (1_250 * unit.KB).String())
	require.Equal(t, "999 B", unit.Bytes(999).String())
	rapid.Check(t, func(t *rapid.T) {
		b := unit.Bytes(rapid.Int64Range(0, int64(9_000*unit.PB)).Draw(t, "bytes"))
		got, err := unit.ParseBytes(b.String())
		require.NoError(t, err)
		require.InDelta(t, float64(b), float64(got), 0.005*float64(b)+1e-9)
	})
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"40.44", "$40.44", "-0.000000001", "", "-$1", "9223372036.854775807", "1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := unit.ParseMoney(s)
		if err != nil {
			return
		}
		again, err := unit.ParseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

func FuzzParseBytes(f *testing.F) {
	for _, s := range []string{"8GB", "1.5 GiB", "4096", "", "B", "9999999PiB", "0.0000000001kB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := unit.ParseBytes(s)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, int64(b), int64(0))
		again, err := unit.ParseBytes(fmt.Sprintf("%d", int64(b)))
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}
