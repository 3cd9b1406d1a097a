package transfer_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

// BenchmarkCopy copies a file between two directories: by a bare io.Copy without any check, by Copy with checksums
// only, with digests too, and by the kernel with a checksum after. None of them calls fsync.
func BenchmarkCopy(b *testing.B) {
	for _, size := range []unit.Bytes{64 * unit.KiB, unit.MiB, 16 * unit.MiB, 128 * unit.MiB} {
		src, dst := bench(b), bench(b)
		require.NoError(b, os.WriteFile(path(b, src, "plain"), random(1, int(size)), 0o644))
		_, err := transfer.Put(b.Context(), src, "summed", random(1, int(size)), transfer.CreateOptions{})
		require.NoError(b, err)

		b.Run(fmt.Sprintf("io.Copy/%d", int64(size)), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				require.NoError(b, bare(path(b, dst, "bare"), path(b, src, "plain")))
			}
		})
		for name, c := range map[string]struct {
			key  string
			opts transfer.Options
		}{
			"crc":    {"plain", transfer.Options{SkipDigest: true}},
			"digest": {"plain", transfer.Options{}},
			"kernel": {"summed", transfer.Options{SkipDigest: true}},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, int64(size)), func(b *testing.B) {
				b.SetBytes(int64(size))
				c.opts.Budget = transfer.NewBudget(64 * unit.MiB)
				for b.Loop() {
					_, err := transfer.Copy(b.Context(), at(dst, "copy"), at(src, c.key), c.opts)
					require.NoError(b, err)
				}
			})
		}
	}
}

// BenchmarkCopySmall copies 500 files of 4 KiB.
func BenchmarkCopySmall(b *testing.B) {
	src, dst := bench(b), bench(b)
	for i := range 500 {
		require.NoError(b, os.WriteFile(path(b, src, fmt.Sprintf("%d", i)), random(uint64(i), 4096), 0o644))
	}
	b.Run("io.Copy", func(b *testing.B) {
		b.SetBytes(500 * 4096)
		for b.Loop() {
			for i := range 500 {
				require.NoError(b, bare(path(b, dst, fmt.Sprintf("bare%d", i)), path(b, src, fmt.Sprintf("%d", i))))
			}
		}
	})
	b.Run("Copy", func(b *testing.B) {
		b.SetBytes(500 * 4096)
		for b.Loop() {
			_, err := transfer.Copy(b.Context(), at(dst, "set/"), at(src, ""), transfer.Options{})
			require.NoError(b, err)
		}
	})
}

func bench(b *testing.B) *file.Bucket {
	b.Helper()
	d, err := file.Open(b.TempDir(), file.Options{NoSync: true})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, d.Close()) })
	return d
}

func path(b *testing.B, d *file.Bucket, key string) string {
	b.Helper()
	p, err := d.Path(key)
	require.NoError(b, err)
	return filepath.Clean(p)
}

// bare copies as a program would that checks nothing.
func bare(dst, src string) error {
	from, err := os.Open(src)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(dst)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.Close()
}
