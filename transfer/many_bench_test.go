package transfer_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// BenchmarkCopyMany copies 10,000 objects of 64 KiB, without and with a ledger, and tells the objects per second.
func BenchmarkCopyMany(b *testing.B) {
	const objects, size = 10_000, 64 << 10
	p := random(1, size)
	stores := map[string]func() (from, to transfer.Bucket){
		"file": func() (transfer.Bucket, transfer.Bucket) { return bench(b), bench(b) },
		"mem":  func() (transfer.Bucket, transfer.Bucket) { return mem.New("src"), mem.New("dst") },
	}
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			src, _ := open()
			for i := range objects {
				_, err := transfer.Put(b.Context(), src, fmt.Sprintf("%02d/%04d", i%100, i), p, transfer.CreateOptions{})
				require.NoError(b, err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				_, dst := open()
				b.StartTimer()
				report, err := transfer.Copy(b.Context(), at(dst, ""), at(src, ""), transfer.Options{})
				require.NoError(b, err)
				require.Equal(b, objects, report.Objects)
			}
			b.ReportMetric(float64(b.N*objects)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}
