package mem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

func TestFaultIsAskedForEveryOperation(t *testing.T) {
	t.Parallel()
	ctx, broken := t.Context(), errors.New("broken")
	var asked []string
	failing := ""
	b := mem.NewWith("m", mem.Options{Fault: func(op, key string) error {
		asked = append(asked, op)
		if op == failing {
			return broken
		}
		return nil
	}})
	use := func() error {
		_, putErr := transfer.Put(ctx, b, "x", []byte("x"), transfer.CreateOptions{})
		_, _, getErr := transfer.Get(ctx, b, "x")
		var listErr error
		for _, err := range b.List(ctx, "") {
			listErr = errors.Join(listErr, err)
		}
		_, createErr := b.Create(ctx, "../no", transfer.CreateOptions{})
		return errors.Join(putErr, getErr, listErr, b.Delete(ctx, "x", ""), ignore(createErr, transfer.ErrInvalid))
	}
	require.NoError(t, use())
	require.Equal(t, []string{"create", "part", "commit", "stored", "stat", "read", "byte", "byte", "list", "delete"}, asked)
	for _, failing = range asked {
		if failing != "stored" {
			require.ErrorIs(t, use(), broken, failing)
		}
	}
	failing = "stored"
	lost, err := b.Create(ctx, "y", transfer.CreateOptions{})
	require.NoError(t, err)
	_, err = lost.Commit(ctx)
	require.ErrorIs(t, err, broken)
	_, err = b.Stat(ctx, "y")
	require.NoError(t, err, "the reply was lost, not the object")
	require.NoError(t, use(), "and Put looks for it")
	failing = "abort"
	up, err := b.Create(ctx, "z", transfer.CreateOptions{})
	require.NoError(t, err)
	require.ErrorIs(t, up.Abort(ctx), broken)
	require.Equal(t, 1, b.OpenUploads())
	failing = ""
	require.NoError(t, up.Abort(ctx))
	require.Zero(t, b.OpenUploads())
}

func ignore(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

func TestFlip(t *testing.T) {
	t.Parallel()
	where := "read"
	b := mem.NewWith("m", mem.Options{Flip: func(op, _ string, p []byte) {
		if op == where {
			p[0] ^= 1
		}
	}})
	put := func() {
		_, err := transfer.Put(t.Context(), b, "x", []byte("abc"), transfer.CreateOptions{})
		if where == "part" {
			require.ErrorIs(t, err, transfer.ErrCorrupt)
			return
		}
		require.NoError(t, err)
	}
	put()
	_, _, err := transfer.Get(t.Context(), b, "x")
	require.ErrorIs(t, err, transfer.ErrCorrupt)
	where = ""
	p, _, err := transfer.Get(t.Context(), b, "x")
	require.NoError(t, err)
	require.Equal(t, "abc", string(p), "the stored object was not touched")
	where = "part"
	put()
}

func TestNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 6, time.FixedZone("east", 3600))
	b := mem.NewWith("m", mem.Options{Now: func() time.Time { return now }, NoChecksum: true})
	obj, err := transfer.Put(t.Context(), b, "x", nil, transfer.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, now.UTC(), obj.Modified)
	require.False(t, obj.HasCRC)
}

func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := mem.New("m")
	_, err := transfer.Put(t.Context(), b, "x", []byte("abc"), transfer.CreateOptions{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := b.Read(ctx, "x", transfer.Whole(), "")
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, r.Close())
}

// A bucket in memory behaves as any other.
func Example() {
	ctx := context.Background()
	b := mem.New("scratch")
	obj, err := transfer.Put(ctx, b, "greeting", []byte("hello"), transfer.CreateOptions{IfAbsent: true})
	fmt.Println(obj.Key, obj.Size, err)
	_, err = transfer.Put(ctx, b, "greeting", []byte("again"), transfer.CreateOptions{IfAbsent: true})
	fmt.Println(err)
	// Output:
	// greeting 5 B <nil>
	// create mem://scratch/greeting: precondition failed: the object is not the version that was expected
}
