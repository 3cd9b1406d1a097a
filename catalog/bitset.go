package catalog

import (
	"iter"
	"math/bits"
)

// bitset is a set of row numbers.
type bitset []uint64

func (s bitset) add(rows []int32) {
	for _, row := range rows {
		s[row/64] |= 1 << (row % 64)
	}
}

// each yields the members in order.
func (s bitset) each() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(int32(i*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
