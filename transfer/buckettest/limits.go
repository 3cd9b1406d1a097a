package buckettest

import (
	"bytes"
	"errors"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// mostParts: an object of as many parts as there may be, and the number after.
func mostParts(b *bench) {
	size, parts := b.cfg.PartSize, b.cfg.Parts
	p := data(1, size*(parts-1)+1)
	up := b.open("x", transfer.CreateOptions{Size: unit.Bytes(len(p)), PartSize: unit.Bytes(size)})
	const workers = 8
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := w; n < parts && errs[w] == nil; n += workers {
				errs[w] = up.Part(b.Context(), n+1, bytes.NewReader(p[n*size:min((n+1)*size, len(p))]))
			}
		})
	}
	wg.Wait()
	require.NoError(b, errors.Join(errs...))
	b.commit(up)
	b.holds("x", p)

	const least = 10_000 // what every store takes
	up = b.open("y", transfer.CreateOptions{})
	b.part(up, least, []byte("last"))
	if err := up.Part(b.Context(), least+1, bytes.NewReader([]byte("far"))); err != nil {
		require.ErrorIs(b, err, transfer.ErrInvalid)
	}
	_, err := up.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrInvalid, "parts are missing")
	b.absent("y")
}

// conditionsOfParts: the conditions hold for what comes in parts as for what comes at once.
func conditionsOfParts(b *bench) {
	p, q := data(1, 2*b.cfg.PartSize+1), data(2, b.cfg.PartSize+1)
	only := transfer.CreateOptions{IfAbsent: true}
	late, first := b.open("x", only), b.putParts("x", p, only)
	b.part(late, 1, q[:b.cfg.PartSize])
	b.part(late, 2, q[b.cfg.PartSize:])
	_, err := late.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("x", p)
	require.NoError(b, late.Abort(b.Context()))

	change := transfer.CreateOptions{IfMatch: first.Version}
	late = b.open("x", change)
	b.part(late, 1, p[:b.cfg.PartSize])
	b.part(late, 2, p[b.cfg.PartSize:2*b.cfg.PartSize])
	b.putParts("x", q, change)
	_, err = late.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrConflict)
	b.holds("x", q)
	require.NoError(b, b.Delete(b.Context(), "x", ""))
	_, err = late.Commit(b.Context())
	require.ErrorIs(b, err, transfer.ErrConflict, "nothing there to match")
	b.absent("x")
}

// doubtfulMeta: metadata is kept as it is, or refused; never changed.
func doubtfulMeta(b *bench) {
	for _, c := range []struct {
		meta map[string]string
		must bool // be kept
	}{
		{map[string]string{"plain": "value", "digits0": "123", "long": strings.Repeat("x", 1000)}, true},
		{map[string]string{"list": "a, b; c=d", "quotes": `"'`, "inner": "two  spaces", "percent": "%20+"}, true},
		{map[string]string{"empty": ""}, false},
		{map[string]string{"spaces": " at both ends "}, false},
		{map[string]string{"letters": "Grüße 日本語 🙂"}, false},
		{map[string]string{"longletters": strings.Repeat("é", 300)}, false},
		{map[string]string{"encoded": "=?utf-8?q?x?="}, false},
		{map[string]string{"joiner": "\u2060x"}, false},
		{map[string]string{"control": "a\nb\tc"}, false},
		{map[string]string{"Upper": "case"}, false},
		{map[string]string{"with-dash": "v", "under_score": "v", "dotted.name": "v"}, false},
		{map[string]string{"bad key": "v"}, false},
		{map[string]string{"schlüssel": "v"}, false},
		{map[string]string{"": "v"}, false},
	} {
		for key, p := range map[string][]byte{"one": []byte("x"), "parts": data(1, b.cfg.PartSize+1)} {
			err := b.tryMeta(key, p, c.meta)
			if err != nil {
				require.False(b, c.must, "%q: %v", c.meta, err)
				require.ErrorIs(b, err, transfer.ErrInvalid, "%q", c.meta)
				b.absent(key)
				continue
			}
			found, err := b.Stat(b.Context(), key)
			require.NoError(b, err)
			require.Equal(b, c.meta, found.Meta)
			require.NoError(b, b.Delete(b.Context(), key, ""))
		}
	}
}

// tryMeta stores an object that may be refused.
func (b *bench) tryMeta(key string, p []byte, meta map[string]string) error {
	up, err := b.Create(b.Context(), key, transfer.CreateOptions{Meta: meta})
	if err != nil {
		return err
	}
	defer func() { _ = up.Abort(b.Context()) }()
	for n := 0; n*b.cfg.PartSize < len(p); n++ {
		if err := up.Part(b.Context(), n+1, bytes.NewReader(p[n*b.cfg.PartSize:min((n+1)*b.cfg.PartSize, len(p))])); err != nil {
			return err
		}
	}
	_, err = up.Commit(b.Context())
	return err
}
