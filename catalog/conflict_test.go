package catalog_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func from(o Offering, source, price string, days int) Offering {
	o.Source, o.Price = Source{Name: source, AsOf: testSource().AsOf.AddDate(0, 0, days)}, dollars(price)
	return o
}

func TestResolveKeepsBothAndExplains(t *testing.T) {
	t.Parallel()
	d := small()
	o := d.Offerings[0]
	d.Offerings[0] = from(o, "https://example.com/a/list", "0.096", 0)
	d.Offerings = append(d.Offerings,
		from(o, "https://example.com/a/list", "0.095", -10), // older, of the same source
		from(o, "third party", "0.08", 5),
		from(o, "mirror", "0.096", 5), // agrees
		from(o, "live quote", "0.1", 1),
	)
	c := newCatalog(t, d.Resolve(Precedence{"live *", "https://example.com/*"}))
	id := "red/north/vm/m.large/on-demand"
	require.Equal(t, []string{id}, c.Conflicts())
	conflict, ok := c.Conflict(id)
	require.True(t, ok)
	require.Equal(t, ""+
		"red/north/vm/m.large/on-demand: $0.10 per hour (live quote, 2025-12-01)\n"+
		"  not $0.096 per hour (https://example.com/a/list, 2025-11-30)\n"+
		"  not $0.096 per hour (mirror, 2025-12-05)\n"+
		"  not $0.08 per hour (third party, 2025-12-05)", conflict.String())
	_, ok = c.Conflict("blue/paris/vm/safe/on-demand")
	require.False(t, ok)

	back, err := Load(dir(c))
	require.NoError(t, err)
	require.Equal(t, c.Digest(), back.Digest())
	again, _ := back.Conflict(id)
	require.Equal(t, conflict.String(), again.String())

	agreed := newCatalog(t, d.Resolve(Precedence{"https://example.com/*"}))
	conflict, _ = agreed.Conflict(id)
	require.Len(t, conflict.Losers, 2, "a source that agrees contradicts nobody")
}

func TestResolveDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := small()
		o := d.Offerings[0]
		for range rapid.IntRange(1, 8).Draw(rt, "rows") {
			source := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "source")
			price := rapid.SampledFrom([]string{"0.09", "0.1"}).Draw(rt, "price")
			d.Offerings = append(d.Offerings, from(o, source, price, len(d.Offerings)))
		}
		d.Types = append(d.Types, InstanceType{Cloud: "red", Name: "m.large", CPUs: 3, Memory: unit.GiB, Source: Source{Name: "b", AsOf: testSource().AsOf}})
		want := newCatalog(t, d.Resolve(Precedence{"b"}))
		typ, _ := want.Type("red", "m.large")
		require.Equal(rt, 3, typ.CPUs)
		shuffled := d
		shuffled.Offerings = rapid.Permutation(d.Offerings).Draw(rt, "order")
		shuffled.Types = slices.Clone(d.Types)
		slices.Reverse(shuffled.Types)
		require.Equal(rt, want.Digest(), newCatalog(t, shuffled.Resolve(Precedence{"b"})).Digest())
	})
}

func TestMergeKeepsWhatItOverrules(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	id := "red/north/vm/m.large/on-demand"
	o, _ := c.Offering(id)
	quoted, err := c.With(Data{Offerings: []Offering{from(o, "quote", "0.05", 1)}})
	require.NoError(t, err)
	conflict, ok := quoted.Conflict(id)
	require.True(t, ok)
	require.Equal(t, "$0.05", conflict.Winner.Price.String())
	require.Equal(t, "$0.096", conflict.Losers[0].Price.String())

	fresher, err := quoted.With(Data{Offerings: []Offering{from(o, "quote", "0.06", 2)}})
	require.NoError(t, err)
	conflict, _ = fresher.Conflict(id)
	require.Equal(t, "$0.06", conflict.Winner.Price.String())
	require.Len(t, conflict.Losers, 1, "a quote replaces the quote before it")
}

func TestOutrankedIsChecked(t *testing.T) {
	t.Parallel()
	for why, edit := range map[string]func(*Data){
		"is outranked by nothing":       func(d *Data) { d.Outranked[0].ID = "x" },
		"is outranked by its own":       func(d *Data) { d.Outranked[0].Source = testSource() },
		"given twice":                   func(d *Data) { d.Outranked = append(d.Outranked, d.Outranked[0]) },
		"price is 0: leave the row out": func(d *Data) { d.Outranked[0].Price = 0 },
	} {
		d := small()
		d.Outranked = []Offering{from(d.Offerings[0], "other", "0.1", 0)}
		newCatalog(t, d)
		edit(&d)
		_, err := New(d)
		require.ErrorContains(t, err, why)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	c := newCatalog(t, small())
	now := testSource().AsOf.AddDate(0, 0, 10)
	_, err := LoadWith(dir(c), Options{Digest: c.Digest(), AsOf: now, MaxAge: 10 * 24 * time.Hour})
	require.NoError(t, err)

	_, err = LoadWith(dir(c), Options{AsOf: now, MaxAge: 9 * 24 * time.Hour})
	stale, ok := errors.AsType[*StaleError](err)
	require.True(t, ok)
	require.Equal(t, 5, stale.Stale)
	require.ErrorContains(t, err, "5 of 5 offerings are older than 216h0m0s")

	_, err = LoadWith(dir(c), Options{Digest: "sha256:0"})
	digest, ok := errors.AsType[*DigestError](err)
	require.True(t, ok)
	require.Equal(t, c.Digest(), digest.Have)
	require.ErrorContains(t, err, "pinned is sha256:0")

	_, err = LoadWith(dir(c), Options{MaxBytes: 100})
	require.ErrorContains(t, err, "larger than 100 bytes")
	require.Empty(t, c.Offerings(Query{Since: now}))
	require.Equal(t, 5, c.Count(Query{Since: testSource().AsOf}))
}
