package optimize

import (
	"encoding/binary"
	"slices"
)

// label is a partial plan: all nodes before a position decided. Only what the rest can see is compared.
type label struct {
	parent *label
	option int32 // of the node before the position
	cost
	// time is the makespan so far, value a lower bound on any completion's value.
	time, value int64
	// class and end are those of the nodes in model.front, in that order.
	class []int32
	end   []int64
	// paid holds per share the classes served so far, seen per spread its domains, both sorted; nil once settled.
	paid, seen [][]int
	// credit is what bounds may not count on: sharers to come may find their class paid already.
	credit cost
	// ended is, per bound, the weight of paths that have ended.
	ended []int64
}

// key names the state: labels with the same key can be completed in the same ways at the same cost.
func (l *label) key(buf []byte) []byte {
	buf = buf[:0]
	for _, c := range l.class {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(c))
	}
	for _, lists := range [...][][]int{l.paid, l.seen} {
		for _, list := range lists {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(len(list)))
			for _, n := range list {
				buf = binary.LittleEndian.AppendUint64(buf, uint64(n))
			}
		}
	}
	return buf
}

// options writes out the decisions up to the label, by node.
func (l *label) options(n int) []int32 {
	out := make([]int32, n)
	for ; l.parent != nil; l = l.parent {
		n--
		out[n] = l.option
	}
	return out
}

// beats says that any completion of b is no better than the same completion of a, by the exchange argument of choice.beats,
// with the ends of open nodes in place of one time.
func (s *search) beats(a, b *label, pos int) bool {
	n := s.m.n
	if a.add > b.add || n.money && a.money > b.money || n.carbon && a.carbon > b.carbon || n.time && !a.sooner(b) {
		return false
	}
	if a.add != b.add {
		return true
	}
	if s.want != firstInRank {
		return true
	}
	if a.money != b.money {
		return a.money < b.money
	}
	if !n.time && !a.sooner(b) {
		return false
	}
	if a.carbon != b.carbon {
		return a.carbon < b.carbon
	}
	return s.m.earlier(a.options(pos), b.options(pos), pos)
}

func (l *label) sooner(b *label) bool {
	if l.time > b.time {
		return false
	}
	for i, e := range l.end {
		if e > b.end[i] {
			return false
		}
	}
	return true
}

// pays says whether the label's next node, in class (of the problem) x, is the first sharer there.
func (l *label) pays(share, x int) bool { return !slices.Contains(l.paid[share], x) }

// with adds x to one of several sorted lists, leaving the original alone.
func with(lists [][]int, i, x int) [][]int {
	at, found := slices.BinarySearch(lists[i], x)
	if found {
		return lists
	}
	out := slices.Clone(lists)
	out[i] = slices.Insert(slices.Clone(lists[i]), at, x)
	return out
}

// without clears one list, leaving the original alone.
func without(lists [][]int, i int) [][]int {
	if lists[i] == nil {
		return lists
	}
	out := slices.Clone(lists)
	out[i] = nil
	return out
}
