package ranged_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/ranged"
)

// store sends at most so many bytes at once, then the connection breaks.
func store(p []byte, most int, version *string) ranged.Config {
	return ranged.Config{
		Open: func(_ context.Context, first, end int64, match string) (ranged.Answer, error) {
			if *version == "" {
				return ranged.Answer{}, transfer.ErrNotFound
			}
			end = min(end, int64(len(p)))
			sent := io.MultiReader(bytes.NewReader(p[first:min(end, first+int64(most))]), iotest.ErrReader(errors.New("reset")))
			return ranged.Answer{Body: io.NopCloser(sent), Version: *version, First: first, Length: end - first}, nil
		},
		Attempts: 3,
		Fail:     func(err error) error { return fmt.Errorf("named: %w", err) },
	}
}

func TestReadsOverManyConnections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "content")
		r := transfer.Range{Offset: rapid.Int64Range(0, int64(len(p))-1).Draw(t, "offset"), Length: rapid.Int64Range(-1, 300).Draw(t, "length")}
		if r.Length == 0 {
			r.Length = -1
		}
		version := "1"
		rd, err := ranged.Open(t.Context(), store(p, rapid.IntRange(1, 50).Draw(t, "most"), &version), r, "")
		require.NoError(t, err)
		got, err := io.ReadAll(rd)
		require.NoError(t, err)
		from, to, err := r.Within(200)
		require.NoError(t, err)
		require.Equal(t, p[from:min(to, int64(len(p)))], got)
		require.NoError(t, rd.Close())
	})
}

func TestAnotherVersionIsNotMixedIn(t *testing.T) {
	t.Parallel()
	for _, then := range []string{"2", ""} {
		version := "1"
		rd, err := ranged.Open(t.Context(), store(make([]byte, 100), 10, &version), transfer.Whole(), "")
		require.NoError(t, err)
		_, err = io.ReadFull(rd, make([]byte, 10))
		require.NoError(t, err)
		version = then
		_, err = io.ReadAll(rd)
		require.ErrorIs(t, err, transfer.ErrConflict)
		require.ErrorContains(t, err, "named")
	}
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	version := "1"
	rd, err := ranged.Open(t.Context(), store(make([]byte, 100), 0, &version), transfer.Whole(), "1")
	require.NoError(t, err)
	_, err = io.ReadAll(rd)
	require.ErrorContains(t, err, "reset")
	require.NoError(t, rd.Close())
	_, err = ranged.Open(t.Context(), store(make([]byte, 100), 10, &version), transfer.Whole(), "2")
	require.ErrorIs(t, err, transfer.ErrConflict)
}
