package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// FormatVersion is the version of the file format this code writes, and the newest it reads.
const FormatVersion = 1

// MaxPayload is the most bytes one record may carry. It is part of the format: a longer length in a file is damage.
const MaxPayload = 64 << 20

const (
	magic      = "SKYJRNL\n"
	headerSize = 16 // magic, version u32, crc u32
	frameHead  = 32 // length u32, crc u32, seq u64, epoch u64, time i64
	crcStart   = 8  // the checksum covers a frame from here on
)

// Record is one entry. Its payload is opaque to the journal.
type Record struct {
	Seq     uint64    // 1, 2, 3, ... without gaps; 0 in Append means the next one
	Epoch   uint64    // which resume of the run wrote it; never falls
	Time    time.Time // when, by the writer's clock; UTC, to the nanosecond, 1678 to 2262
	Payload []byte    // 1 to MaxPayload bytes
}

// checksum is CRC32C. The table is built by the standard library once and shared.
func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// header is what every journal starts with.
func header() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), FormatVersion)
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

// appendFrame adds r, which keeps the rules, to b.
func appendFrame(b []byte, r Record) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Payload)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, r.Seq)
	b = binary.LittleEndian.AppendUint64(b, r.Epoch)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Time.UnixNano()))
	b = append(b, r.Payload...)
	binary.LittleEndian.PutUint32(b[start+4:], checksum(b[start+crcStart:]))
	return b
}

// head is the fixed part of a frame, not yet believed.
type head struct {
	length     uint32
	crc        uint32
	seq, epoch uint64
	nanos      int64
}

// parseHead reads the head at the start of b, which holds at least frameHead bytes.
func parseHead(b []byte) head {
	return head{
		length: binary.LittleEndian.Uint32(b),
		crc:    binary.LittleEndian.Uint32(b[4:]),
		seq:    binary.LittleEndian.Uint64(b[8:]),
		epoch:  binary.LittleEndian.Uint64(b[16:]),
		nanos:  int64(binary.LittleEndian.Uint64(b[24:])),
	}
}

// size is the number of bytes the frame says it takes.
func (h head) size() int64 { return frameHead + int64(h.length) }

// valid reports whether b starts with one whole frame whose checksum holds.
func (h head) valid(b []byte) bool {
	return h.length > 0 && h.length <= MaxPayload && h.size() <= int64(len(b)) &&
		checksum(b[crcStart:h.size()]) == h.crc
}

// decode reads a whole journal. It returns the records and the length of the prefix they fill; bytes beyond that are a
// torn tail, to be cut away. The payloads share data's memory.
func decode(file string, data []byte) ([]Record, int64, error) {
	if err := checkHeader(file, data); err != nil {
		return nil, 0, err
	}
	var recs []Record
	var last Record
	at := int64(headerSize)
	for at < int64(len(data)) {
		rest := data[at:]
		if len(rest) < frameHead {
			break
		}
		h := parseHead(rest)
		if !h.valid(rest) {
			if reason := damage(rest, h, last.Seq); reason != "" {
				return nil, 0, &DamageError{File: file, Offset: at, Reason: reason}
			}
			break
		}
		if reason := misplaced(h, last); reason != "" {
			return nil, 0, &DamageError{File: file, Offset: at, Reason: reason}
		}
		last = Record{Seq: h.seq, Epoch: h.epoch, Time: time.Unix(0, h.nanos).UTC(), Payload: rest[frameHead:h.size():h.size()]}
		recs = append(recs, last)
		at += h.size()
	}
	return recs, at, nil
}

// checkHeader accepts only a whole header. A journal gets its name after its header is durable, so that a short one is
// never the trace of a crash.
func checkHeader(file string, data []byte) error {
	if len(data) < headerSize {
		return &DamageError{File: file, Reason: fmt.Sprintf("the header has %d of %d bytes", len(data), headerSize)}
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return &DamageError{File: file, Reason: "it does not start with the mark of a journal"}
	}
	if checksum(data[:12]) != binary.LittleEndian.Uint32(data[12:]) {
		return &DamageError{File: file, Reason: "the checksum of the header does not hold"}
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v != FormatVersion {
		return &VersionError{File: file, Version: v, Known: FormatVersion}
	}
	return nil
}

// misplaced says why a whole frame may not stand after last, or nothing.
func misplaced(h head, last Record) string {
	if h.seq != last.Seq+1 {
		return fmt.Sprintf("record %d stands where record %d belongs", h.seq, last.Seq+1)
	}
	if h.epoch < last.Epoch {
		return fmt.Sprintf("record %d has epoch %d after epoch %d", h.seq, h.epoch, last.Epoch)
	}
	return ""
}

// damage tells a write that was cut off by a crash (no reason) from bytes that went bad later (a reason). rest starts
// with a frame that is not valid and runs to the end of the file; lastSeq is the record before it.
//
// A cut-off write leaves a frame that stops early, or one that is as long as it should be with holes of zeros in it.
// It never leaves a longer length than was written, nor anything behind it.
func damage(rest []byte, h head, lastSeq uint64) string {
	if at := findFrame(rest[1:], lastSeq); at >= 0 {
		return fmt.Sprintf("the record is not readable, but a later one is, %d bytes on", at+1)
	}
	switch {
	case h.length > MaxPayload:
		return fmt.Sprintf("the record claims %d bytes, the most is %d", h.length, MaxPayload)
	case h.length > 0 && h.size() < int64(len(rest)):
		return "the checksum of the record does not hold, and more bytes follow it"
	}
	return ""
}

// findFrame gives the offset of the first valid frame in b that may come after lastSeq, or -1. A frame is at least
// frameHead+1 bytes, which bounds the sequence numbers that can still come; looking at them first keeps the search
// linear.
func findFrame(b []byte, lastSeq uint64) int {
	most := uint64(len(b)/frameHead) + 1
	for i := 0; i+frameHead <= len(b); i++ {
		h := parseHead(b[i:])
		if ahead := h.seq - lastSeq; ahead >= 1 && ahead <= most && h.valid(b[i:]) {
			return i
		}
	}
	return -1
}
