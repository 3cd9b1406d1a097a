package sky

import (
	"fmt"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// option is one way to run one stage at one place.
type option struct {
	alternative int
	offering    catalog.Offering
	place       catalog.Place // the offering's, with a zone when a rule needs one
	time        time.Duration
	cost        Money
	grams       *float64
}

// shelf keeps what stages of like needs can run on, so that the catalog is gone through once for all of them.
type shelf map[string][]stock

// stock is an offering at a place.
type stock struct {
	offering catalog.Offering
	place    catalog.Place
}

// stageOptions lists the ways to run a stage, the cheapest offerings of each alternative first.
func (c *compiled) stageOptions(i int, s *Stage) ([]option, error) {
	if p, fixed := c.past.pins[s.name]; fixed {
		o := option{alternative: p.orders.Alternative, offering: p.orders.Offering, place: p.orders.Offering.Place, grams: new(float64)}
		if !p.done {
			o.time = max(0, s.takes(s.options()[o.alternative], o.offering, c.inputs[i])-p.ran)
		}
		return []option{o}, nil
	}
	var all []option
	for a, w := range s.options() {
		for _, on := range c.stocked(s, w) {
			opt, err := c.snap.price(s, w, on.offering, c.inputs[i])
			if err != nil {
				return nil, err
			}
			opt.alternative, opt.place = a, on.place
			all = append(all, opt)
		}
	}
	return all, nil
}

// stocked lists what a stage can run on and where, when run one way.
func (c *compiled) stocked(s *Stage, w work) []stock {
	key := fmt.Sprintf("%q %#v %#v %t %t %d %t", w.service(), w.Needs, s.rules, s.spot, s.reserved, s.nodes, c.job.zoned(s))
	list, known := c.shelf[key]
	if known {
		return list
	}
	at := map[catalog.Place][]int{}
	for _, o := range c.snap.offerings(c.job, s, w) {
		for _, place := range c.snap.places(c.job, s, o) {
			if slices.ContainsFunc(at[place], func(k int) bool { return replaces(&list[k].offering, &o) }) {
				continue
			}
			at[place] = append(at[place], len(list))
			list = append(list, stock{o, place})
		}
	}
	c.shelf[key] = list
	return list
}

// replaces reports whether an offering, at the same place and listed before another, can always stand in for it: no dearer,
// billed no longer, taken back no more often, wasting no more, never used up, bound to nothing and open at any time. The
// solver prefers it too, so that nothing is lost.
func replaces(o, b *catalog.Offering) bool {
	return o.Market == b.Market && o.Unit == b.Unit && o.Price <= b.Price && o.Minimum <= b.Minimum && noCoarser(o.Increment, b.Increment) &&
		o.Commitment == catalog.Commitment{} && o.Capacity == 0 && preemption(o) <= preemption(b) &&
		(o.Type.Watts == nil || b.Type.Watts != nil && *o.Type.Watts <= *b.Type.Watts)
}

// noCoarser reports whether rounding up to multiples of a never gives more than to those of b.
func noCoarser(a, b time.Duration) bool { return a <= 0 || b > 0 && b%a == 0 }

// takes is how long a stage is expected to work when run one way on an offering. How often a spot machine is taken back is
// what the job says, or else what the catalog does.
func (s *Stage) takes(w work, o catalog.Offering, inputs Bytes) time.Duration {
	d := w.Estimate.For(inputs)
	if o.Market != catalog.Spot {
		return d
	}
	losses := s.losses
	if losses.PerHour == 0 {
		losses.PerHour = preemption(&o)
	}
	return losses.stretch(d, s.nodes)
}

// preemption is how often an hour the catalog expects a spot machine to be taken back; 0 where it does not know.
func preemption(o *catalog.Offering) float64 {
	if o.Preemption == nil {
		return 0
	}
	return min(*o.Preemption, maxLosses)
}

// grams is the CO2e of running an offering for a time: watts × hours × the region's grams per kWh.
func (s *Snapshot) grams(o catalog.Offering, d time.Duration, nodes int) (float64, bool) {
	r, ok := s.catalog.Region(o.Place)
	if !ok || r.Carbon == nil || o.Type.Watts == nil {
		return 0, false
	}
	return *o.Type.Watts / 1000 * d.Hours() * *r.Carbon * float64(nodes), true
}
