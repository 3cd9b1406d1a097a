package optimize

import "slices"

// wait is an open node all of whose readers wait for others too: it may end as late as they let it, so that plans which
// differ only in how long its output lies about become one.
type wait struct {
	slot    int // in the front after the node just decided
	readers []reader
}

// reader is a node to come that reads the open one.
type reader struct {
	link   *tlink
	base   []int64 // by class: the earliest that producers to come can have delivered
	others []other
}

// other is another open producer of a reader.
type other struct {
	slot int
	link *tlink
}

// waits lists the open nodes that may have to wait, once node i is decided.
func (s *tsearch) waits(i int) (out []wait) {
	front := s.front[i+1]
	for slot, v := range front {
		w, free := wait{slot: slot}, true
		for _, e := range s.t.nodes[v].out {
			if l := &s.t.links[e]; l.to > i {
				r := s.reader(l, front, i)
				free = free && (r.base != nil || len(r.others) > 0)
				w.readers = append(w.readers, r)
			}
		}
		if free {
			out = append(out, w)
		}
	}
	return out
}

func (s *tsearch) reader(l *tlink, front []int, i int) reader {
	r := reader{link: l}
	for _, e := range s.t.nodes[l.to].in {
		o := &s.t.links[e]
		switch {
		case o == l || o.from == l.from:
		case o.from <= i:
			r.others = append(r.others, other{slices.Index(front, o.from), o})
		default:
			if r.base == nil {
				r.base = make([]int64, l.width)
			}
			for k := range r.base {
				soon := inf
				for a, h := range s.heads[o.from] {
					soon = min(soon, h+o.time[a*o.width+k])
				}
				r.base[k] = max(r.base[k], soon)
			}
		}
	}
	return r
}

// idle is how late the node may end without a difference to any reader in any class; 0 if that is not known.
func (w *wait) idle(x *texpansion) int64 {
	latest := inf
	for n := range w.readers {
		r := &w.readers[n]
		own := r.link.time[int(x.class[w.slot])*r.link.width:]
		for k := range r.link.width {
			if own[k] >= inf {
				continue
			}
			var start int64
			if r.base != nil {
				start = r.base[k]
			}
			for _, o := range r.others {
				start = max(start, x.ends[o.slot]+o.link.time[int(x.class[o.slot])*o.link.width+k])
			}
			if start < inf {
				latest = min(latest, start-own[k])
			}
		}
	}
	if latest >= inf {
		return 0
	}
	return latest
}
