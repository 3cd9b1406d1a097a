package s3

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{
		"NoSuchKey": transfer.ErrNotFound, "PreconditionFailed": transfer.ErrConflict, "SlowDown": transfer.ErrSlowDown,
		"BadDigest": transfer.ErrCorrupt, "EntityTooSmall": transfer.ErrInvalid, "Throttling": transfer.ErrSlowDown,
	} {
		err := classify(&smithy.GenericAPIError{Code: code})
		require.ErrorIs(t, err, want)
		require.Equal(t, code, errorCode(err), "the cause is kept")
		require.Equal(t, err, classify(err), "once is enough")
	}
	other := errors.New("another")
	require.Equal(t, other, classify(other))
	for status, want := range map[int]error{
		404: transfer.ErrNotFound, 412: transfer.ErrConflict, 416: transfer.ErrInvalid, 429: transfer.ErrSlowDown, 503: transfer.ErrSlowDown, 403: nil, 500: nil,
	} {
		require.Equal(t, want, kindOf("", status))
	}
	require.NoError(t, kindOf("NoSuchBucket", 404))
}

func TestMetaIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		meta := rapid.MapOfN(rapid.StringMatching(`[a-z0-9._-]{1,8}`), rapid.String(), 1, 5).Draw(r, "meta")
		encoded, err := encodeMeta(meta)
		require.NoError(r, err)
		for _, v := range encoded {
			require.True(r, strings.Trim(v, " ") == v && !strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' }), "%q", v)
		}
		require.Equal(r, meta, decodeMeta(encoded))
	})
	require.Nil(t, decodeMeta(nil))
}

func FuzzDecodeMeta(f *testing.F) {
	for _, v := range []string{"plain", "=?utf-8?b?w6k=?=", "=?utf-8?q?=C3=A9?=", "=?x?", "=?unknown?q?x?="} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		require.Len(t, decodeMeta(map[string]string{"k": v}), 1)
	})
}

func TestEscapeIsUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		path := rapid.String().Draw(r, "path")
		text := escape(path)
		require.NotContains(r, text, "+")
		for _, undo := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
			back, err := undo(text)
			require.NoError(r, err)
			require.Equal(r, path, back)
		}
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	const md5OfA = "0cc175b9c0f1b6a831c399e269772661"
	require.True(t, plainTag(md5OfA))
	require.False(t, plainTag(md5OfA+"-1"))
	require.Equal(t, "b6ff9a06b7e20bcb2858c5b8ff744aea-1", partsTag([]parts.Part{{Tag: md5OfA}}))
	require.Empty(t, partsTag([]parts.Part{{Tag: "no-md5"}}))
	require.Equal(t, "wdBDMA==", encodeCRC(transfer.CRC32C(0, []byte("a"))))
	for text, ok := range map[string]bool{"wdBDMA==": true, "wdBDMA==-3": false, "": false, "AAAA": false} {
		_, got := decodeCRC(text)
		require.Equal(t, ok, got, text)
	}
}

func TestRangesStayFew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		total := rapid.Int64Range(1, 50<<40).Draw(r, "total")
		size := grown(128<<20, total)
		require.LessOrEqual(r, (total+size-1)/size, int64(maxParts))
		require.GreaterOrEqual(r, size, int64(128<<20))
	})
}
