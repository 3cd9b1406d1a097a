package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// golden is a small journal of three records and the offsets at which its frames end.
func golden() (data []byte, recs []Record, ends []int) {
	data = header()
	ends = []int{len(data)}
	for i, text := range []string{"planned", "allocated azure/westeurope", "x"} {
		r := Record{Seq: uint64(i + 1), Epoch: uint64(1 + i/2), Time: time.Unix(1_700_000_000, int64(i)).UTC(), Payload: []byte(text)}
		data = appendFrame(data, r)
		recs = append(recs, r)
		ends = append(ends, len(data))
	}
	return data, recs, ends
}

// frameOf is the number of the frame that holds byte at, counted from 0; -1 for the header.
func frameOf(ends []int, at int) int {
	n := -1
	for _, end := range ends {
		if at >= end {
			n++
		}
	}
	return n
}

// typed reports whether err is one of the errors decode may give.
func typed(err error) bool {
	_, damage := errors.AsType[*DamageError](err)
	_, version := errors.AsType[*VersionError](err)
	return damage || version
}

func TestFormatIsFixed(t *testing.T) {
	t.Parallel()
	data := appendFrame(header(), Record{Seq: 1, Epoch: 2, Time: time.Unix(0, 3), Payload: []byte("hi")})
	require.Equal(t, "534b594a524e4c0a01000000", fmt.Sprintf("%x", data[:12]))
	require.Equal(t, checksum(data[:12]), binary.LittleEndian.Uint32(data[12:]))
	require.Equal(t, "02000000", fmt.Sprintf("%x", data[16:20]))
	require.Equal(t, "0100000000000000"+"0200000000000000"+"0300000000000000"+"6869", fmt.Sprintf("%x", data[24:]))
	require.Equal(t, checksum(data[24:]), binary.LittleEndian.Uint32(data[20:]))
	require.Equal(t, uint32(0xe3069283), checksum([]byte("123456789")), "the check value of CRC32C")
}

func TestDecodeGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	data, want, _ := golden()
	got, size, err := decode("f", data)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.EqualValues(t, len(data), size)
	require.Equal(t, time.UTC, got[0].Time.Location())

	grown := append(got[0].Payload, make([]byte, 100)...)
	require.Len(t, grown, 107)
	again, _, err := decode("f", data)
	require.NoError(t, err)
	require.Equal(t, want, again, "growing a payload must not reach the next record")
}

func TestCutAtEachOffset(t *testing.T) {
	t.Parallel()
	data, want, ends := golden()
	for cut := range data {
		got, size, err := decode("f", data[:cut])
		if cut < headerSize {
			require.True(t, typed(err), "cut at %d", cut)
			continue
		}
		whole := frameOf(ends, cut)
		require.NoError(t, err, "cut at %d", cut)
		require.Equal(t, want[:whole], append([]Record{}, got...), "cut at %d", cut)
		require.EqualValues(t, ends[whole], size)
	}
}

func TestFlipEachByte(t *testing.T) {
	t.Parallel()
	data, want, ends := golden()
	for at := range data {
		for mask := 1; mask < 256; mask++ {
			bad := bytes.Clone(data)
			bad[at] ^= byte(mask)
			got, _, err := decode("f", bad)
			switch n := frameOf(ends, at); {
			case err != nil:
				require.True(t, typed(err), "byte %d mask %x: %v", at, mask, err)
				require.Nil(t, got)
			case n < len(want)-1:
				require.Fail(t, "believed", "byte %d mask %x lies before the last record", at, mask)
			default:
				require.Equal(t, want[:n], got, "byte %d mask %x", at, mask)
			}
		}
	}
}

// A flipped byte in a file that was cut as well must not bring back more than the untouched prefix.
func TestFlipAndCut(t *testing.T) {
	t.Parallel()
	data, want, ends := golden()
	for cut := headerSize; cut < len(data); cut++ {
		for at := range cut {
			bad := bytes.Clone(data[:cut])
			bad[at] ^= 0x41
			got, _, err := decode("f", bad)
			if err != nil {
				require.True(t, typed(err), "byte %d cut %d", at, cut)
				continue
			}
			require.Equal(t, want[:frameOf(ends, at)], append([]Record{}, got...), "byte %d cut %d", at, cut)
		}
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	data, recs, ends := golden()
	frame := func(seq, epoch uint64) []byte {
		return appendFrame(nil, Record{Seq: seq, Epoch: epoch, Time: time.Unix(1, 0), Payload: []byte("more")})
	}
	edit := func(change func([]byte)) []byte {
		bad := bytes.Clone(data)
		change(bad)
		return bad
	}
	end := int64(len(data))
	for name, c := range map[string]struct {
		data   []byte
		offset int64
		reason string
	}{
		"empty file":            {nil, 0, "the header has 0 of 16 bytes"},
		"something else":        {[]byte("#!/bin/sh\necho hello\n"), 0, "mark of a journal"},
		"header checksum":       {edit(func(b []byte) { b[13] ^= 1 }), 0, "checksum of the header"},
		"gap":                   {append(bytes.Clone(data), frame(5, 2)...), end, "record 5 stands where record 4 belongs"},
		"repeat":                {append(bytes.Clone(data), frame(3, 2)...), end, "record 3 stands where record 4 belongs"},
		"epoch falls":           {append(bytes.Clone(data), frame(4, 1)...), end, "epoch 1 after epoch 2"},
		"middle payload":        {edit(func(b []byte) { b[ends[1]+frameHead] ^= 1 }), int64(ends[1]), "a later one is"},
		"middle length absurd":  {edit(func(b []byte) { b[ends[1]+3] = 0xff }), int64(ends[1]), "a later one is"},
		"middle length to end":  {edit(func(b []byte) { swallow(b, ends[1]) }), int64(ends[1]), "a later one is"},
		"last length absurd":    {edit(func(b []byte) { b[ends[2]+3] = 0xff }), int64(ends[2]), "the most is"},
		"last short, more left": {edit(func(b []byte) { b[ends[0]]-- })[:ends[1]], int64(ends[0]), "more bytes follow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := decode("run/journal.log", c.data)
			require.Nil(t, got)
			damage, ok := errors.AsType[*DamageError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.offset, damage.Offset)
			require.Contains(t, damage.Reason, c.reason)
			require.Contains(t, err.Error(), "run/journal.log is damaged at byte")
		})
	}
	require.Len(t, recs, 3)
}

// swallow makes the frame at offset at claim everything to the end of the file.
func swallow(b []byte, at int) {
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-frameHead))
}

func TestUnknownVersion(t *testing.T) {
	t.Parallel()
	data, _, _ := golden()
	binary.LittleEndian.PutUint32(data[8:], 7)
	binary.LittleEndian.PutUint32(data[12:], checksum(data[:12]))
	_, _, err := decode("f", data)
	version, ok := errors.AsType[*VersionError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, &VersionError{File: "f", Version: 7, Known: FormatVersion}, version)
	require.Contains(t, err.Error(), "format version 7")
}

// What a power cut leaves of one unsynced record: a prefix, with any stretch never written and read as zeros. The
// records before it come back, and nothing else.
func TestTornRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data, want, _ := golden()
		payload := rapid.SliceOfN(rapid.ByteRange(1, 255), 1, 200).Draw(t, "payload")
		next := appendFrame(nil, Record{Seq: 4, Epoch: 2, Time: time.Unix(9, 0), Payload: payload})
		next = next[:rapid.IntRange(0, len(next)).Draw(t, "cut")]
		// Sectors are written whole, so a hole starts at the front or behind the head.
		from := rapid.SampledFrom([]int{0, min(frameHead, len(next))}).Draw(t, "from")
		to := rapid.IntRange(min(from+8, len(next)), len(next)).Draw(t, "to")
		clear(next[min(from, to):to])
		got, size, err := decode("f", append(bytes.Clone(data), next...))
		require.NoError(t, err)
		if int(size) == len(data) {
			require.Equal(t, want, got)
			return
		}
		require.Len(t, got, 4)
		require.Equal(t, payload, got[3].Payload)
	})
}

func TestZerosAtTheEndAreTorn(t *testing.T) {
	t.Parallel()
	data, want, _ := golden()
	for _, n := range []int{1, frameHead - 1, frameHead, 4096, 1 << 20} {
		got, size, err := decode("f", append(bytes.Clone(data), make([]byte, n)...))
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.EqualValues(t, len(data), size)
	}
}

// FuzzDecode: whatever the bytes are, either a typed error, or records that encode to exactly the bytes believed.
func FuzzDecode(f *testing.F) {
	data, _, ends := golden()
	f.Add([]byte{})
	f.Add(data)
	f.Add(data[:ends[1]+5])
	f.Add(append(bytes.Clone(data), make([]byte, 100)...))
	f.Add(append(bytes.Clone(data), data[ends[1]:]...))
	f.Fuzz(func(t *testing.T, data []byte) {
		recs, size, err := decode("f", data)
		if err != nil {
			require.True(t, typed(err), "%v", err)
			require.Empty(t, recs)
			return
		}
		again := header()
		for _, r := range recs {
			again = appendFrame(again, r)
		}
		require.Equal(t, data[:size], again)
	})
}
