package parts_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// sent is what a store was sent.
type sent struct {
	mu  sync.Mutex
	got map[int][]byte
	err error
}

func (s *sent) send(_ context.Context, p parts.Part, r io.ReadSeeker) (string, error) {
	data, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return "", s.err
	}
	s.got[p.N] = data
	return "tag", err
}

func open(hold int64, opts transfer.CreateOptions) (*parts.Upload, *sent) {
	s := &sent{got: map[int][]byte{}}
	return parts.New(parts.Config{Most: 100, Hold: hold, Send: s.send}, opts), s
}

// Whatever the parts and their order, what is held and what was sent make up the content.
func TestContentIsWhatWasGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 20), 0, 6).Draw(t, "pieces")
		order := rapid.Permutation(numbers(len(pieces))).Draw(t, "order")
		u, s := open(rapid.Int64Range(0, 20).Draw(t, "hold"), transfer.CreateOptions{})
		for _, n := range order {
			require.NoError(t, u.Part(t.Context(), n, bytes.NewReader(pieces[n-1])))
		}
		want := bytes.Join(pieces, nil)
		u.Expect(unit.Bytes(len(want)), transfer.CRC32C(0, want))
		c, err := u.Content()
		require.NoError(t, err)
		require.Equal(t, int64(len(want)), c.Whole.Size)
		require.Equal(t, transfer.CRC32C(0, want), c.Whole.CRC32C)
		if c.Single {
			require.Empty(t, s.got)
			require.True(t, bytes.Equal(want, c.Held))
			require.NoError(t, u.Begin(t.Context()))
		}
		var got []byte
		for n := range c.Parts {
			got = append(got, s.got[n+1]...)
		}
		require.True(t, bytes.Equal(want, got))
	})
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	u, s := open(0, transfer.CreateOptions{PartSize: 4})
	for _, n := range []int{0, -1, 101} {
		require.ErrorIs(t, u.Part(ctx, n, bytes.NewReader(nil)), transfer.ErrInvalid)
	}
	require.ErrorIs(t, u.Part(ctx, 1, bytes.NewReader(make([]byte, 5))), transfer.ErrInvalid, "longer than promised")
	require.NoError(t, u.Part(ctx, 2, bytes.NewReader([]byte("ab"))))
	_, err := u.Content()
	require.ErrorIs(t, err, transfer.ErrInvalid, "part 1 is missing")
	require.NoError(t, u.Part(ctx, 1, bytes.NewReader([]byte("abc"))))
	_, err = u.Content()
	require.ErrorIs(t, err, transfer.ErrInvalid, "shorter than promised")
	require.NoError(t, u.Part(ctx, 1, bytes.NewReader([]byte("abcd"))))
	u.Expect(6, 1)
	_, err = u.Content()
	require.ErrorIs(t, err, transfer.ErrCorrupt)
	s.err = errors.New("full")
	require.ErrorIs(t, u.Part(ctx, 3, bytes.NewReader(nil)), s.err)
	u.End()
	require.ErrorIs(t, u.Part(ctx, 1, bytes.NewReader(nil)), transfer.ErrInvalid)
	require.ErrorIs(t, u.Begin(ctx), transfer.ErrInvalid)
	_, err = u.Content()
	require.ErrorIs(t, err, transfer.ErrInvalid)
}

func TestAdopted(t *testing.T) {
	t.Parallel()
	u, s := open(100, transfer.CreateOptions{})
	u.Adopt(parts.Part{N: 2, Size: 3})
	require.True(t, u.Begun())
	require.NoError(t, u.Part(t.Context(), 1, bytes.NewReader([]byte("ab"))), "nothing is held any more")
	require.Equal(t, map[int][]byte{1: []byte("ab")}, s.got)
	c, err := u.Content()
	require.NoError(t, err)
	require.False(t, c.Single)
	require.Equal(t, int64(5), c.Whole.Size)
	require.False(t, c.Whole.HasCRC, "of one part it is not known")
}
