package sky

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
)

// screen is one condition an offering must meet to be an option of a stage, and its name for people. Screens are
// looked at in order, so that the first one that leaves a cloud with nothing is the reason given.
type screen struct {
	name string
	need *Need // the need it checks; nil for other conditions
	keep func(*catalog.Offering) bool
	say  func(left []catalog.Offering) string // more on why none of what was left is kept; nil = the name says all
}

// screens lists what an offering must meet for one way of running a stage.
func (s *Snapshot) screens(j *Job, st *Stage, w work) []screen {
	list := []screen{{name: "a provider in Config.Providers", keep: func(o *catalog.Offering) bool { return s.usable(o.Place.Cloud) }}}
	for _, r := range append(append([]Rule(nil), j.rules...), st.rules...) {
		list = append(list, screen{
			name: "rule " + r.String(), keep: func(o *catalog.Offering) bool { return r.allows(s.where(o.Place)) },
			say: func(left []catalog.Offering) string { return s.whyNot(r, left) },
		})
	}
	list = append(list, s.serviceScreens(w)...)
	for _, n := range w.Needs {
		if n.hosted() {
			continue
		}
		list = append(list, screen{name: "need " + n.String(), need: &n, keep: func(o *catalog.Offering) bool { return n.met(*o) }})
	}
	list = append(list,
		screen{name: "market " + st.marketNames(), keep: func(o *catalog.Offering) bool { return st.market(o.Market) }},
		screen{name: "a price that is per hour or per TB of input", keep: func(o *catalog.Offering) bool {
			return o.Unit == catalog.PerHour || o.Unit == catalog.PerTB
		}},
		screen{name: "a reservation that is open for as long as the stage takes", keep: func(o *catalog.Offering) bool { return s.open(j, st, w, o) }},
		screen{name: fmt.Sprintf("capacity for %d nodes", st.nodes), keep: func(o *catalog.Offering) bool {
			return o.Capacity == 0 || o.Capacity >= st.nodes
		}},
	)
	if j.objective.usesCarbon() {
		list = append(list, screen{name: "known carbon figures", keep: func(o *catalog.Offering) bool {
			_, ok := s.grams(*o, 0, 1)
			return ok
		}})
	}
	if j.zoned(st) {
		list = append(list, screen{name: "known zones, which a rule looks at", keep: func(o *catalog.Offering) bool { return len(s.zones(o)) > 0 }})
	}
	if len(s.blocked) > 0 {
		list = append(list, screen{
			name: "not refused lately", keep: func(o *catalog.Offering) bool { return len(s.places(j, st, *o)) > 0 },
			say: func(left []catalog.Offering) string { return s.refusedWith(&left[0]) },
		})
	}
	return list
}

// zones are where an offering's machines can be: its own zone, or those of its region.
func (s *Snapshot) zones(o *catalog.Offering) []string {
	if o.Place.Zone != "" {
		return []string{o.Place.Zone}
	}
	r, _ := s.catalog.Region(o.Place)
	return r.Zones
}

// places are where a stage can be put on an offering: its own place, or each zone of its region when a rule of the job
// looks at the stage's zone; without those that refused lately.
func (s *Snapshot) places(j *Job, st *Stage, o catalog.Offering) []catalog.Place {
	all := []catalog.Place{o.Place}
	if o.Place.Zone == "" && j.zoned(st) {
		all = nil
		for _, z := range s.zones(&o) {
			all = append(all, catalog.Place{Cloud: o.Place.Cloud, Region: o.Place.Region, Zone: z})
		}
	}
	return slices.DeleteFunc(all, func(p catalog.Place) bool {
		o.Place = p
		return s.blockOf(&o) != nil
	})
}

// zoned reports whether a rule of the job looks at the stage's zone.
func (j *Job) zoned(s *Stage) bool {
	return slices.ContainsFunc(j.groups, func(g group) bool { return g.Level == Zone && slices.Contains(g.Stages, s.name) })
}

// query is the part of the screens that the catalog has indexes for.
func (w work) query() catalog.Query {
	var q catalog.Query
	for _, n := range w.Needs {
		switch n.Kind {
		case needAccelerator:
			q.Accelerator = catalog.Accelerator{Kind: n.Text, Count: int(n.Count)}
		case needConfidential:
			q.Confidential = n.Text
		}
	}
	return q
}

// offerings lists what a stage can run on, cheapest first, when run one way.
func (s *Snapshot) offerings(j *Job, st *Stage, w work) []catalog.Offering {
	var kept []catalog.Offering
	screens := s.screens(j, st, w)
next:
	for _, o := range s.selling(w) {
		for _, sc := range screens {
			if !sc.keep(&o) {
				continue next
			}
		}
		kept = append(kept, o)
	}
	return kept
}

// refusal is the first condition that leaves a cloud without an option for the stage; "" when it has one.
func (s *Snapshot) refusal(j *Job, st *Stage, cloud string) string {
	var reasons []string
	for _, w := range st.options() {
		reason := s.firstBroken(j, st, w, cloud)
		if reason == "" {
			return ""
		}
		reasons = append(reasons, reason)
	}
	if same := slices.Compact(slices.Clone(reasons)); len(same) == 1 {
		return same[0]
	}
	for i := range reasons {
		reasons[i] = fmt.Sprintf("alternative %d: %s", i+1, reasons[i])
	}
	return strings.Join(reasons, "; ")
}

func (s *Snapshot) firstBroken(j *Job, st *Stage, w work, cloud string) string {
	left := s.catalog.Offerings(catalog.Query{Cloud: cloud})
	if len(left) == 0 {
		return "to offer anything, as far as the catalog knows"
	}
	for _, sc := range s.screens(j, st, w) {
		var kept []catalog.Offering
		for _, o := range left {
			if sc.keep(&o) {
				kept = append(kept, o)
			}
		}
		if len(kept) == 0 && sc.say != nil {
			if more := sc.say(left); more != "" {
				return fmt.Sprintf("%s (%s)", sc.name, more)
			}
		}
		if len(kept) == 0 {
			return sc.name
		}
		left = kept
	}
	return ""
}

// relaxations lists the single conditions that, given up or weakened, would give the stage an option, the gentlest
// first: a smaller number, then a need or rule dropped.
func (s *Snapshot) relaxations(j *Job, st *Stage) []string {
	var gentle, drops []string
	for i, w := range st.options() {
		which := fmt.Sprintf("stage %q", st.name)
		if len(st.alternatives) > 1 {
			which += fmt.Sprintf(", alternative %d", i+1)
		}
		screens := s.screens(j, st, w)
		for skip, sc := range screens {
			best := s.without(screens, skip)
			switch {
			case best == nil:
			case sc.need != nil && (sc.need.Kind == needCPUs || sc.need.Kind == needMemory || sc.need.Kind == needAccelerator):
				if text := sc.need.most(best); text != "" {
					gentle = append(gentle, which+": "+text)
					break
				}
				fallthrough
			default:
				drops = append(drops, fmt.Sprintf("%s: without %q, %s would do", which, sc.name, best[0].ID))
			}
		}
	}
	return append(gentle, drops...)
}

// without lists the offerings that meet all screens but one, cheapest first.
func (s *Snapshot) without(screens []screen, skip int) []catalog.Offering {
	var kept []catalog.Offering
next:
	for _, o := range s.catalog.Offerings(catalog.Query{}) {
		for i, sc := range screens {
			if i != skip && !sc.keep(&o) {
				continue next
			}
		}
		kept = append(kept, o)
	}
	return kept
}

// most says how much of a counted need could be had; "" when none of that kind.
func (n Need) most(offerings []catalog.Offering) string {
	best, id := int64(0), ""
	for _, o := range offerings {
		have := int64(0)
		switch n.Kind {
		case needCPUs:
			have = int64(o.Type.CPUs)
		case needMemory:
			have = int64(o.Type.Memory)
		case needAccelerator:
			if o.Type.Accelerator.Kind == n.Text {
				have = int64(o.Type.Accelerator.Count)
			}
		}
		if have > best {
			best, id = have, o.ID
		}
	}
	if best == 0 {
		return ""
	}
	less := n
	less.Count = best
	return fmt.Sprintf("%s instead of %s would do (%s)", less, n, id)
}

// blockOf is the block an offering falls under; nil when none.
func (s *Snapshot) blockOf(o *catalog.Offering) *engine.Block {
	for i, b := range s.blocked {
		if b.Cloud == o.Place.Cloud && matches(b.Region, o.Place.Region) && matches(b.Zone, o.Place.Zone) &&
			matches(b.Offering, o.ID) && matches(b.Market, string(o.Market)) {
			return &s.blocked[i]
		}
	}
	return nil
}

// refusedWith is what was said when an offering, or a zone it is in, was refused.
func (s *Snapshot) refusedWith(o *catalog.Offering) string {
	if b := s.blockOf(o); b != nil {
		return b.Reason
	}
	at := *o
	for _, at.Place.Zone = range s.zones(o) {
		if b := s.blockOf(&at); b != nil {
			return b.Reason
		}
	}
	return "everywhere"
}

func matches(pattern, value string) bool { return pattern == "" || pattern == value }

// service is the catalog's name of what the work runs on.
func (w work) service() string {
	if w.Service == "" {
		return "vm"
	}
	return w.Service
}

func (s *Stage) market(m catalog.Market) bool {
	return m == catalog.OnDemand || s.spot && m == catalog.Spot || s.reserved && m == catalog.Reserved
}

func (s *Stage) marketNames() string {
	names := string(catalog.OnDemand)
	if s.spot {
		names += " or " + string(catalog.Spot)
	}
	if s.reserved {
		names += " or " + string(catalog.Reserved)
	}
	return names
}

func (o Objective) usesCarbon() bool {
	return o.Kind == minCarbon || (o.Kind == minBlend && o.TonneWorth > 0)
}
