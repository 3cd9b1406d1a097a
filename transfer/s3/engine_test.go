package s3_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

// fill stores objects of many sizes below from/.
func fill(t *testing.T, b transfer.Bucket) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for i, size := range []int{0, 1, 999, 1000, 1001, 2500, 9001} {
		key := fmt.Sprintf("from/%d/%d", i%3, i)
		all[fmt.Sprintf("to/%d/%d", i%3, i)] = bytesOf(size)
		_, err := put(t, b, key, bytesOf(size), transfer.CreateOptions{ContentType: "text/x-test", Meta: map[string]string{"n": fmt.Sprint(i)}})
		require.NoError(t, err)
	}
	return all
}

// A prefix goes from one store to another, whatever fails now and then, with the fewest bytes.
func TestCopyBetweenStores(t *testing.T) {
	t.Parallel()
	src, source := open(t, fake.Options{Fault: every(5, "GetObject", fake.Fault{Cut: 500})}, s3.Config{})
	dst, store := open(t, fake.Options{Fault: every(4, "UploadPart", fake.Fault{Status: 500, Code: "InternalError"})}, s3.Config{})
	all := fill(t, src)
	report, err := transfer.Copy(t.Context(), transfer.Target{Bucket: dst, Key: "to/"}, transfer.Target{Bucket: src, Key: "from/"},
		transfer.Options{PartSize: 1000, SkipDigest: true})
	require.NoError(t, err)
	require.Equal(t, len(all), report.Objects)
	for key, p := range all {
		holds(t, dst, key, p)
		obj, err := dst.Stat(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "text/x-test", obj.ContentType)
		require.Len(t, obj.Meta, 1)
	}
	require.Zero(t, store.Uploads())
	_, out := source.Bytes()
	require.EqualValues(t, report.Bytes, out, "nothing was read twice")
}

// every fails each n-th request of an operation.
func every(n int, op string, f fake.Fault) func(fake.Call) fake.Fault {
	return func(c fake.Call) fake.Fault {
		if c.Op == op && c.N%n == n-1 {
			return f
		}
		return fake.Fault{}
	}
}

// Within one store nothing is read.
func TestCopyWithinAStore(t *testing.T) {
	t.Parallel()
	store := fake.New(fake.Options{MinPart: 1})
	endpoint := serve(t, store)
	src, dst := at(t, endpoint, "one", small(s3.Config{})), at(t, endpoint, "two", small(s3.Config{}))
	all := fill(t, src)
	report, err := transfer.Copy(t.Context(), transfer.Target{Bucket: dst, Key: "to/"}, transfer.Target{Bucket: src, Key: "from/"},
		transfer.Options{PartSize: 1000, SkipDigest: true})
	require.NoError(t, err)
	require.Equal(t, report.Bytes, report.ServerSide)
	_, out := store.Bytes()
	require.Zero(t, out, "no content passed here")
	for key, p := range all {
		holds(t, dst, key, p)
	}
	n, err := dst.Sweep(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Zero(t, n)
}
