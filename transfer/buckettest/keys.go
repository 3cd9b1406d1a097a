package buckettest

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
)

func oddKeys(b *bench) {
	keys := []string{
		"plain", "with space", " leading and trailing ", "dots.in.name", ".hidden", "..two", "two..", "...", "a/.b/..c",
		"Grüße/日本語/emoji-🙂", "e\u0301-decomposed", "\u00e9-composed", "percent%20%2F%", "plus+and&amp;=?#", "quotes'\"`", "star*[glob]?{x}",
		"line\nfeed", "tab\tand\x01control", "-dash", "~tilde", "semi;colon:pipe|", "<xml>&</xml>", "CASE", "case", "con", "a/b/c/d/e/f/g/h/i/j",
		strings.Repeat("long/", 199) + "12345", strings.Repeat("x", 200),
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { _, not := b.cfg.ExceptKeys[k]; return not })
	for i, k := range keys {
		b.put(k, data(uint64(i), 10+i), transfer.CreateOptions{})
	}
	for i, k := range keys {
		b.holds(k, data(uint64(i), 10+i))
		obj, err := b.Stat(b.Context(), k)
		require.NoError(b, err)
		require.Equal(b, k, obj.Key)
	}
	slices.Sort(keys)
	require.Equal(b, keys, b.keys(""))
	for _, k := range keys {
		require.NoError(b, b.Delete(b.Context(), k, ""))
	}
	require.Empty(b, b.keys(""))
}

// doubtfulKeys are legal, but a store that maps keys to something else may be unable to hold them; then it must say so.
func doubtfulKeys(b *bench) {
	for _, k := range []string{"trailing/", "double//slash", "./dot", "dot/.", "a/./b", strings.Repeat("y", 900)} {
		if _, not := b.cfg.ExceptKeys[k]; not {
			continue
		}
		_, err := store(b.Context(), b.Bucket, k, []byte(k), transfer.CreateOptions{})
		if err != nil {
			require.ErrorIs(b, err, transfer.ErrInvalid, "%q", k)
			continue
		}
		b.holds(k, []byte(k))
		require.Equal(b, []string{k}, b.keys(""))
		require.NoError(b, b.Delete(b.Context(), k, ""))
	}
	require.Empty(b, b.keys(""))
}

func badKeys(b *bench) {
	for _, k := range []string{"", "/", "/absolute", "..", "../up", "a/..", "a/../b", "a/../../b", "nul\x00", `back\slash`, "bad\xffutf8", "\xc3"} {
		_, err := b.Stat(b.Context(), k)
		require.ErrorIs(b, err, transfer.ErrInvalid, "stat %q", k)
		_, err = b.Read(b.Context(), k, transfer.Whole(), "")
		require.ErrorIs(b, err, transfer.ErrInvalid, "read %q", k)
		_, err = b.Create(b.Context(), k, transfer.CreateOptions{})
		require.ErrorIs(b, err, transfer.ErrInvalid, "create %q", k)
		require.ErrorIs(b, b.Delete(b.Context(), k, ""), transfer.ErrInvalid, "delete %q", k)
	}
	require.Empty(b, b.keys(""))
}

// objectAndPrefix: where both can be held they are, else the second is refused and the first unharmed.
func objectAndPrefix(b *bench) {
	for _, order := range [][2]string{{"a", "a/b"}, {"c/d", "c"}} {
		first, second := order[0], order[1]
		b.put(first, []byte("first"), transfer.CreateOptions{})
		_, err := store(b.Context(), b.Bucket, second, []byte("second"), transfer.CreateOptions{})
		if err == nil {
			b.holds(second, []byte("second"))
		} else {
			require.ErrorIs(b, err, transfer.ErrInvalid)
			b.absent(second)
		}
		b.holds(first, []byte("first"))
		require.NoError(b, b.Delete(b.Context(), first, ""))
		b.put(second, []byte("third"), transfer.CreateOptions{})
		b.holds(second, []byte("third"))
	}
}
