package transfer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := killMe(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// testing2 is what both *testing.T and *rapid.T offer.
type testing2 interface {
	require.TestingT
	Helper()
}

// random is n bytes that depend on seed.
func random(seed uint64, n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)}).Read(p)
	return p
}

func put(t testing2, b transfer.Bucket, key string, p []byte) transfer.Object {
	t.Helper()
	obj, err := transfer.Put(context.Background(), b, key, p, transfer.CreateOptions{})
	require.NoError(t, err)
	return obj
}

// content reads a bucket without going through the code under test.
func content(t testing2, b transfer.Bucket, prefix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for o, err := range b.List(context.Background(), prefix) {
		require.NoError(t, err)
		r, err := b.Read(context.Background(), o.Key, transfer.Whole(), "")
		require.NoError(t, err)
		var buf bytes.Buffer
		_, err = io.Copy(&buf, r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		all[o.Key] = buf.String()
	}
	return all
}

// moved is what content becomes under another prefix.
func moved(all map[string]string, from, to string) map[string]string {
	out := map[string]string{}
	for k, v := range all {
		out[to+strings.TrimPrefix(k, from)] = v
	}
	return out
}

func keys(all map[string]string) []string {
	out := make([]string, 0, len(all))
	for k := range all {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// fill puts n objects of up to most bytes below prefix.
func fill(t testing2, b transfer.Bucket, prefix string, n, most int) {
	t.Helper()
	for i := range n {
		put(t, b, fmt.Sprintf("%s%d/part-%d", prefix, i%3, i), random(uint64(i), (i*7919)%(most+1)))
	}
}

func sizes(all map[string]string) unit.Bytes {
	var total unit.Bytes
	for _, v := range all {
		total += unit.Bytes(len(v))
	}
	return total
}
