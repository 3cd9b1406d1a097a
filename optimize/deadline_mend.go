package optimize

import "slices"

const (
	mendAfter  = 8  // parts of a search that is not over soon
	mendNodes  = 8  // stages let go at a time
	mendRounds = 10 // steps on the price of time
	mendWidth  = 64 // partial plans per layer when putting them together again
)

// mend improves the plan in hand: around each stage in turn it lets some that hang together go, and looks for a better way to put
// them together again while all others stay.
func (r *timedRun) mend() {
	for i := range r.d.t.nodes {
		if r.sp.look() {
			return
		}
		r.around(i, mendNodes)
	}
}

// around lets the stages closest to one go.
func (r *timedRun) around(center, free int) {
	t := r.d.t
	loose := t.near(center, free)
	stays := func(i, c int) bool {
		return loose[i] || t.nodes[i].choices[c].index == r.best.option[t.nodes[i].v]
	}
	for i := range t.nodes { // a bound may have dropped a choice of a plan that has an equal
		if !slices.ContainsFunc(t.nodes[i].choices, func(c choice) bool { return loose[i] || c.index == r.best.option[t.nodes[i].v] }) {
			return
		}
	}
	d := r.part(r.d)
	d.rough, d.cap = true, r.best.value-1
	d.s.shrink(d.t.shrink(stays))
	if d.run(mendRounds) {
		r.search(d, mendWidth, false)
	}
}

// near are the nodes closest to one along the links, it included.
func (t *timed) near(center, most int) []bool {
	in, list := make([]bool, len(t.nodes)), []int{center}
	in[center] = true
	for at := 0; at < len(list) && len(list) < most; at++ {
		nd := &t.nodes[list[at]]
		for _, links := range [...][]int{nd.in, nd.out} {
			for _, e := range links {
				from, to := t.links[e].ends()
				for _, i := range [...]int{from, to} {
					if !in[i] && len(list) < most {
						in[i] = true
						list = append(list, i)
					}
				}
			}
		}
	}
	return in
}
