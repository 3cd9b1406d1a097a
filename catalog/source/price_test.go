package source

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
)

func TestParsePrice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]unit.Price{
		"0.0960000000": 96_000_000, "12": 12e9, "0": 0, "2.6E-05": 26_000, "1e2": 100e9, "0.0000000005": 1, "0.00000000049": 0,
		"588.0": 588e9, "6E-03": 6_000_000, "9223372036.854775807": 1<<63 - 1, "1e-99": 0,
	} {
		p, err := parsePrice(text)
		require.NoError(t, err, text)
		require.Equal(t, want, p, text)
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-1", "+1", "1,5", "1e", "1e999", "NaN", "Inf", "0x10", "$1", " 1", "1 ", "9223372036.854775808",
		"9223372036.8547758075", "1e30", strings.Repeat("9", 200), "1_0",
	} {
		_, err := parsePrice(text)
		require.Error(t, err, text)
		require.Less(t, len(err.Error()), 200)
	}
}

// Beside arithmetic without bounds it is the same number, rounded half up to a nano-dollar.
func TestParsePriceIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,6}(\.[0-9]{1,14})?([eE]-?[0-9])?`).Draw(t, "text")
		r, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q", text)
		}
		r.Mul(r, big.NewRat(1e9, 1))
		r.Add(r, big.NewRat(1, 2))
		want := new(big.Int).Quo(r.Num(), r.Denom())
		p, err := parsePrice(text)
		if !want.IsInt64() {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), int64(p))
	})
}

func TestHourlyRefusesWhatIsNotBelieved(t *testing.T) {
	t.Parallel()
	_, err := hourly("0.000")
	require.ErrorIs(t, err, errZero)
	_, err = hourly("0.0000000001")
	require.ErrorIs(t, err, errZero)
	_, err = hourly("2000.01")
	require.ErrorContains(t, err, "not believed")
	p, err := hourly(" 2000 ")
	require.NoError(t, err)
	require.Equal(t, mostHourly, p)
}

func TestShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total, num, den := rapid.Int64Min(0).Draw(t, "total"), rapid.Int64Min(0).Draw(t, "num"), rapid.Int64Min(1).Draw(t, "den")
		want := new(big.Int).Mul(big.NewInt(total), big.NewInt(num))
		want.Add(want, big.NewInt(den/2)).Quo(want, big.NewInt(den))
		p, err := share(unit.Price(total), num, den)
		if !want.IsInt64() {
			require.ErrorIs(t, err, unit.ErrOverflow)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), int64(p))
	})
	_, err := share(1, 1, 0)
	require.Error(t, err)
}
