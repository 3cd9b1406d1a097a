package transfer

import "github.com/openintercloud/broker/catalog/unit"

// tally gathers the sums of an object's parts, which arrive in any order, each from a goroutine of its own.
type tally struct {
	size, part int64
	hashers    []Hasher
	digest     bool
}

func newTally(size, part int64, digest bool) *tally {
	n := (size + part - 1) / part
	t := &tally{size: size, part: part, hashers: make([]Hasher, n), digest: digest && (n <= 1 || part%ChunkSize == 0)}
	for i := range t.hashers {
		t.hashers[i].crcOnly = !t.digest
	}
	return t
}

func (t *tally) parts() int { return len(t.hashers) }

// span is the half-open range of bytes of part i, from 0.
func (t *tally) span(i int) (first, last int64) {
	return int64(i) * t.part, min(int64(i+1)*t.part, t.size)
}

// empty is a hasher for any part.
func (t *tally) empty() Hasher { return Hasher{crcOnly: !t.digest} }

// hasher is the empty hasher of part i.
func (t *tally) hasher(i int) *Hasher { return &t.hashers[i] }

// sum joins the parts once all of them are there.
func (t *tally) sum() Sum {
	all := Sum{Size: unit.Bytes(t.size)}
	var sums []byte
	for i := range t.hashers {
		h := &t.hashers[i]
		all.CRC32C = CombineCRC32C(all.CRC32C, h.crc, h.size)
		sums = append(sums, h.chunkSums()...)
	}
	if t.digest {
		all.Digest = digestOf(sums)
	}
	return all
}
