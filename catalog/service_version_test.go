package catalog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
)

func version(t testing.TB, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	require.NoError(t, err)
	return v
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"16": "16", "3.1": "3.1", "3.1.1": "3.1.1", "2.4.1.1": "2.4.1.1", "22.04": "22.4", "3.2.0-rc1": "3.2.0-rc1", "3.5.6+amzn.2": "3.5.6",
		"2.0.0-preview.2+x": "2.0.0-preview.2",
	} {
		require.Equal(t, want, version(t, text).String(), text)
	}
	for _, bad := range []string{"", "v1", "1.", ".1", "1.2.3.4.5", "1.x", "-1", "1-", "1+", "1-r c", "1000000000", "99999999999999999999", "1.2+a b", "١"} {
		_, err := ParseVersion(bad)
		require.ErrorContains(t, err, fmt.Sprintf("version %q", bad))
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	t.Parallel()
	ordered := []string{"0.9", "2.3", "2.3.1", "3.1.1-rc1", "3.1.1-rc2", "3.1.1", "3.1.1.1", "3.2", "3.10", "16"}
	for i, a := range ordered {
		for j, b := range ordered {
			require.Equal(t, i < j, version(t, a).Compare(version(t, b)) < 0, "%s and %s", a, b)
		}
	}
}

func TestRangeHas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ in, out string }{
		"3.1.1":              {"3.1.1 3.1.1.2", "3.1 3.1.2 3.1.1-rc1"},
		"3.1":                {"3.1 3.1.0 3.1.9", "3 3.2 3.0.9"},
		"3.1.x":              {"3.1 3.1.7", "3.2"},
		"=3.1.*":             {"3.1.7", "3.2"},
		"^3.1":               {"3.1 3.1.1 3.9", "3 3.0 4 4.0.0-rc1 2.9"},
		"^3.1.2":             {"3.1.2 3.2", "3.1 3.1.1 4"},
		"^0.3":               {"0.3 0.3.9", "0.4 0.2 1"},
		"^0.0.3":             {"0.0.3", "0.0.4"},
		"^0":                 {"0 0.9", "1"},
		"~3.1.2":             {"3.1.2 3.1.9", "3.1 3.2 3.1.1"},
		"~3":                 {"3 3.9", "4"},
		">=2.3":              {"2.3 2.3.1 9", "2.2 2"},
		">=2.3.1":            {"2.3.1 2.4", "2.3 2.3.0"},
		">2.3":               {"2.4 3", "2.3 2.3.9"},
		"<=2.3":              {"2.3 2.3.9 1", "2.4"},
		"<2.3":               {"2.2 2.2.9", "2.3 2"},
		">=3.1, <4":          {"3.1 3.9", "3 4"},
		">=3.1 <3.3":         {"3.1 3.2", "3.3 3"},
		"2.4 || ^3.1 || >=5": {"2.4.1 3.2 5 77", "2.5 4"},
		"3.0 || 3.1":         {"3.0 3.1", "3 3.2"},
		"<3.1||>=3.1":        {"3 2 4", "3.1-rc1"},
		"3.2.0-rc1":          {"3.2.0-rc1", "3.2.0 3.2.0-rc2"},
		"* ":                 {"1 3.2.0-rc1", ""},
	} {
		r, err := ParseRange(text)
		require.NoError(t, err, text)
		for in, list := range map[bool]string{true: want.in, false: want.out} {
			for _, v := range fields(list) {
				require.Equal(t, in, r.Has(version(t, v)), "%q and %s", text, v)
			}
		}
		require.Equal(t, r.All(), r.Has(Version{}), "an unknown version is in the range of all only: %q", text)
	}
}

func TestParseRangeRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"spark": "version \"spark\"", "3.1 ||": "holds no bound", "><3": "no operator", "=>3": "no operator", ">=4 <3": "no version can be in it",
		">=3.1-rc1": "outright only", "3.1-rc1 <4": "stands alone", "^": "version \"\"", "||": "holds no bound", "3.x.1": "version",
	} {
		_, err := ParseRange(text)
		require.ErrorContains(t, err, want, text)
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// drawVersion draws a version above 0, which is something to be below of.
func drawVersion(t *rapid.T, label string) Version {
	n := rapid.IntRange(1, 4).Draw(t, label+" parts")
	s := ""
	for i := range n {
		s += fmt.Sprintf(".%d", rapid.IntRange(bit(i == 0), 3).Draw(t, fmt.Sprint(label, i)))
	}
	v, err := ParseVersion(s[1:])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRangesAgreeWithOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawVersion(rt, "a"), drawVersion(rt, "b")
		has := func(text string) bool {
			r, err := ParseRange(text)
			require.NoError(rt, err)
			return r.Has(b)
		}
		least, above, below, same := has(">="+a.String()), has(">"+a.String()), has("<"+a.String()), has(a.String())
		require.Equal(rt, least, has(">"+a.String()+" || "+a.String()), "%s in >=%s", b, a)
		require.False(rt, least && below)
		require.False(rt, above && same)
		require.True(rt, has(">="+a.String()+" || <"+a.String()), "each version is in a range and its rest")
		if has("~"+a.String()) || same {
			require.True(rt, least)
		}
		if below {
			require.Negative(rt, b.Compare(a))
		}
		if above {
			require.Positive(rt, b.Compare(a))
		}
	})
}

func FuzzParseService(f *testing.F) {
	for _, s := range []string{"spark@^3.1", "SQL:2008", "spark>=3.1,<4", "kafka@2.4 || 3.x", "a@1-rc1", "x@", "@", "^", "s@>=1 <1", "spark@3.1+b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseService(s)
		if err != nil {
			require.Equal(t, Want{}, w)
			return
		}
		again, err := ParseService(w.String())
		require.NoError(t, err)
		require.Equal(t, w, again, "what is written reads back: %q", s)
	})
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"16", "3.1.1", "3.2.0-rc1", "3.5.6+amzn.2", "1..2", "0.0", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVersion(s)
		if err != nil {
			return
		}
		again, err := ParseVersion(v.String())
		require.NoError(t, err)
		require.Equal(t, v, again)
		r, err := ParseRange(v.String())
		require.NoError(t, err)
		require.True(t, r.Has(v))
	})
}
