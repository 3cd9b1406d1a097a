package transfer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

func TestCombineCRC32C(t *testing.T) {
	t.Parallel()
	table := crc32.MakeTable(crc32.Castagnoli)
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "a")
		b := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "b")
		want := crc32.Checksum(append(bytes.Clone(a), b...), table)
		got := transfer.CombineCRC32C(transfer.CRC32C(0, a), transfer.CRC32C(0, b), int64(len(b)))
		require.Equal(t, want, got)
		require.Equal(t, want, transfer.CRC32C(transfer.CRC32C(0, a), b))
	})
}

func TestCombineCRC32COfHugeRuns(t *testing.T) {
	t.Parallel()
	// Doubling a run of zeros forty times must give the same as one combination over the whole length.
	half := transfer.CRC32C(0, make([]byte, 1<<10))
	sum, length := half, int64(1<<10)
	for range 30 {
		sum, length = transfer.CombineCRC32C(sum, sum, length), length*2
	}
	again := transfer.CombineCRC32C(half, rest(half, 30), length-1<<10)
	require.Equal(t, sum, again)
}

// rest is the checksum of (2^n - 1) runs whose checksum is sum, put together in another order.
func rest(sum uint32, n int) uint32 {
	total, run, length := uint32(0), sum, int64(1<<10)
	for range n {
		total = transfer.CombineCRC32C(total, run, length)
		run, length = transfer.CombineCRC32C(run, run, length), length*2
	}
	return total
}

// reference is the digest as its definition says, computed the simplest way.
func reference(p []byte) transfer.Digest {
	var sums []byte
	for len(p) > 0 {
		n := min(len(p), transfer.ChunkSize)
		sum := sha256.Sum256(p[:n])
		sums = append(sums, sum[:]...)
		p = p[n:]
	}
	all := sha256.Sum256(sums)
	return transfer.Digest("sha256c8m:" + hex.EncodeToString(all[:]))
}

func TestDigestAllWays(t *testing.T) {
	t.Parallel()
	p := random(1, 2*transfer.ChunkSize+12345)
	for _, n := range []int{0, 1, 1000, transfer.ChunkSize - 1, transfer.ChunkSize, transfer.ChunkSize + 1, 2 * transfer.ChunkSize, len(p)} {
		want := transfer.Sum{Size: unit.Bytes(n), CRC32C: transfer.CRC32C(0, p[:n]), Digest: reference(p[:n])}

		h := transfer.NewHasher()
		for rest := p[:n]; len(rest) > 0; {
			k := min(len(rest), 1_000_003)
			_, err := h.Write(rest[:k])
			require.NoError(t, err)
			rest = rest[k:]
		}
		require.Equal(t, want, h.Sum(), "written, %d bytes", n)
		require.Equal(t, want, h.Sum(), "asking twice changes nothing")

		got, err := transfer.SumReaderAt(t.Context(), bytes.NewReader(p), unit.Bytes(n), 2)
		require.NoError(t, err)
		require.Equal(t, want, got, "read, %d bytes", n)

		b := mem.New("digest")
		got, err = transfer.SumObject(t.Context(), b, put(t, b, "x", p[:n]), transfer.Options{PartSize: 1000})
		require.NoError(t, err)
		require.Equal(t, want, got, "object, %d bytes", n)
	}
}

func TestHasherAfterSum(t *testing.T) {
	t.Parallel()
	h := transfer.NewHasher()
	_, _ = h.Write([]byte("one "))
	h.Sum()
	_, _ = h.Write([]byte("two"))
	require.Equal(t, reference([]byte("one two")), h.Sum().Digest)
}

func TestSumReaderAtFails(t *testing.T) {
	t.Parallel()
	_, err := transfer.SumReaderAt(t.Context(), bytes.NewReader([]byte("short")), 6, 0)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = transfer.SumReaderAt(ctx, bytes.NewReader([]byte("short")), 5, 0)
	require.ErrorIs(t, err, context.Canceled)
}

func TestParseDigest(t *testing.T) {
	t.Parallel()
	good := reference([]byte("x"))
	for _, s := range []string{"", string(good), "sha256set:" + string(good)[10:]} {
		d, err := transfer.ParseDigest(s)
		require.NoError(t, err)
		require.Equal(t, s, string(d))
	}
	for _, s := range []string{"x", string(good)[1:], string(good)[:70], string(good) + "0", "md5:" + string(good)[10:], "sha256c8m:" + string(good)[10:73] + "G", "sha256c8m:" + string(good)[10:73] + "A"} {
		_, err := transfer.ParseDigest(s)
		require.ErrorIs(t, err, transfer.ErrInvalid, s)
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add("")
	f.Add(string(reference(nil)))
	f.Add("sha256set:zz")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := transfer.ParseDigest(s)
		if err == nil {
			require.Equal(t, s, string(d))
		} else {
			require.ErrorIs(t, err, transfer.ErrInvalid)
		}
	})
}

func FuzzCheckKey(f *testing.F) {
	for _, s := range []string{"", "/", "a/b", "..", "a/..", "\x00", `\`, "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if transfer.CheckKey(key) != nil {
			return
		}
		b := mem.New("fuzz")
		put(t, b, key, []byte(key))
		require.Equal(t, map[string]string{key: key}, content(t, b, ""))
	})
}
