package optimize

import "slices"

// An output that several stages read is paid once per class they are in. Bounds see each of its links with an equal part of the
// price, which together are no more than the price, however the readers sit. Plans, partial ones too, are priced as they
// are; bounds of a partial plan give back what readers to come may not have to pay.

// tset is a shared output.
type tset struct {
	producer int
	size     int64 // links
	links    []int
}

// add notes a link.
func (s *tset) add(link, producer int) { s.links, s.producer = append(s.links, link), producer }

// parts are what bounds see of some prices.
func (s *tset) parts(prices []int64) []int64 {
	out := make([]int64, len(prices))
	for i, x := range prices {
		out[i] = x / s.size
	}
	return out
}

// share finds the shared outputs and gives, per edge, the number of the one it belongs to, from 1; or twice; else 0. free: those
// that cost nothing too.
func (t *timed) share(free bool) []int {
	sets, number := t.p.sharing(), map[int]int{}
	for i, first := range sets {
		switch {
		case first == twice:
			continue
		case first == alone || !free && !t.p.costs(t.p.Edges[i]):
			sets[i] = 0
			continue
		case number[first] == 0:
			t.sets = append(t.sets, tset{})
			number[first] = len(t.sets)
		}
		sets[i] = number[first]
		t.sets[sets[i]-1].size++
	}
	return sets
}

// costs says whether an edge can cost anything.
func (p *Problem) costs(e Edge) bool {
	above := func(x int64) bool { return x > 0 }
	t := &p.Tariffs[e.Tariff]
	return e.KB > 0 && (slices.ContainsFunc(t.Money, above) || slices.ContainsFunc(t.Carbon, above))
}

// blank are the sets without their links.
func (t *timed) blank() []tset {
	out := slices.Clone(t.sets)
	for i := range out {
		out[i].links = nil
	}
	return out
}

// place is the problem's class of a node in the shop.
func (s *shop) place(i int) int32 { return s.t.nodes[i].classes[s.class(i)] }

// reader is the consumer at the end of a link.
func (t *timed) reader(e int) int {
	_, to := t.links[e].ends()
	return to
}

// pays says whether the reader at the end of a link pays: the first of its set in its class does.
func (s *shop) pays(e int) bool {
	set := s.t.links[e].set
	if set == 0 {
		return true
	}
	class := s.place(s.t.reader(e))
	for _, g := range s.t.sets[set-1].links {
		if g == e {
			return true
		}
		if s.place(s.t.reader(g)) == class {
			return false
		}
	}
	return true
}

// served says whether another reader pays already what a link would bring to a class.
func (s *shop) served(e int, class int32) bool {
	set := s.t.links[e].set
	return set > 0 && slices.ContainsFunc(s.t.sets[set-1].links, func(g int) bool { return g != e && s.place(s.t.reader(g)) == class })
}

// paid says whether a label has paid already what a link brings to a class.
func (l *tlabel) has(link *tlink, class int32) bool {
	return link.set > 0 && slices.Contains(l.paid[link.set-1], int(class))
}

// serve notes which classes have got what the node reads, and what readers to come may not have to pay.
func (x *texpansion) serve(l *tlabel, class int32) (paid [][]int, credit int64) {
	t := x.s.t
	paid, credit = l.paid, l.credit
	for n, e := range t.nodes[x.i].in {
		link := &t.links[e]
		if link.set == 0 {
			continue
		}
		set, producer := link.set-1, l.class[x.in[n]]
		credit -= t.doubt(set, x.i-1, paid[set], producer)
		paid = with(paid, set, int(t.nodes[x.i].classes[class]))
		if t.last(set) == x.i {
			paid = without(paid, set)
			continue
		}
		credit += t.doubt(set, x.i, paid[set], producer)
	}
	return paid, credit
}

// last is the last reader of a set, of nodes in time.
func (t *timed) last(set int) (last int) {
	for _, e := range t.sets[set].links {
		last = max(last, t.links[e].to)
	}
	return last
}

// doubt is the most that bounds charge readers after node i although their class has paid.
func (t *timed) doubt(set, i int, paid []int, producer int32) (sum int64) {
	for _, e := range t.sets[set].links {
		l := &t.links[e]
		if l.to <= i {
			continue
		}
		most := int64(0)
		for _, class := range paid {
			if k, found := slices.BinarySearch(t.nodes[l.to].classes, int32(class)); found {
				most = max(most, l.sum[l.at(producer, int32(k))])
			}
		}
		sum += most
	}
	return sum
}

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
