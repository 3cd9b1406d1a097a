package s3_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

// spans lists everything by the spans that Split gives.
func spans(ctx context.Context, t require.TestingT, b *s3.Bucket, prefix string, n int) (keys []string, sizes []int) {
	cuts, err := b.Split(ctx, prefix, n)
	require.NoError(t, err)
	require.LessOrEqual(t, len(cuts), n-1)
	bounds := append(append([]string{""}, cuts...), "")
	for i := range len(bounds) - 1 {
		before := len(keys)
		for o, err := range b.ListSpan(ctx, prefix, bounds[i], bounds[i+1]) {
			require.NoError(t, err)
			keys = append(keys, o.Key)
		}
		sizes = append(sizes, len(keys)-before)
	}
	return keys, sizes
}

func TestSplitIsEven(t *testing.T) {
	t.Parallel()
	b, store := open(t, fake.Options{PageSize: 50}, s3.Config{})
	for i := range 400 {
		for _, key := range []string{fmt.Sprintf("flat/object-%06d", i), fmt.Sprintf("folders/deep/%02d/%d", i%20, i)} {
			_, err := put(t, b, key, nil, transfer.CreateOptions{})
			require.NoError(t, err)
		}
	}
	for _, prefix := range []string{"flat/", "folders/"} {
		before := store.Calls("ListObjectsV2")
		_, err := b.Split(t.Context(), prefix, 4)
		require.NoError(t, err)
		require.LessOrEqual(t, store.Calls("ListObjectsV2")-before, 20)
		keys, sizes := spans(t.Context(), t, b, prefix, 4)
		require.Len(t, keys, 400)
		require.Len(t, sizes, 4, "%v", sizes)
		require.LessOrEqual(t, slices.Max(sizes), 140, "%v", sizes)
	}
	cuts, err := b.Split(t.Context(), "none/", 4)
	require.NoError(t, err)
	require.Empty(t, cuts)
}

// Any keys, any cuts: each key is in one span, and they come in order.
func TestSpansHoldAll(t *testing.T) {
	t.Parallel()
	store := fake.New(fake.Options{MinPart: 1, PageSize: 4})
	endpoint, serial := serve(t, store), 0
	rapid.Check(t, func(r *rapid.T) {
		serial++
		b := at(t, endpoint, fmt.Sprintf("bucket-%d", serial), s3.Config{})
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[aé🙂]{1,4}(/[ab]{1,3}){0,2}`), 0, 20, rapid.ID[string]).Draw(r, "keys")
		for _, k := range keys {
			_, err := put(t, b, k, nil, transfer.CreateOptions{})
			require.NoError(r, err)
		}
		prefix := rapid.SampledFrom([]string{"", "a", "a/", "aa", "é"}).Draw(r, "prefix")
		want := slices.DeleteFunc(slices.Sorted(slices.Values(keys)), func(k string) bool { return len(k) < len(prefix) || k[:len(prefix)] != prefix })
		got, _ := spans(t.Context(), r, b, prefix, rapid.IntRange(1, 6).Draw(r, "n"))
		require.Len(r, got, len(want))
		for i := range want {
			require.Equal(r, want[i], got[i])
		}
	})
}
