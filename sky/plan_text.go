package sky

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// most runners-up of one stage that [Plan.String] lists.
const shownBids = 3

// String is the plan as tables of at most 100 columns, without colours: where each stage runs, how the data gets there,
// what it comes to, what one cloud alone would cost, how good the plan is known to be, and which bids came next.
func (p *Plan) String() string {
	var b strings.Builder
	p.writeHead(&b)
	p.writeStages(&b)
	p.writeRoutes(&b)
	p.writeSingles(&b)
	b.WriteString("\n" + p.proofLine() + "\n")
	for _, w := range p.Warnings {
		b.WriteString(wrap("Warning: ", w))
	}
	p.writeBids(&b)
	return b.String()
}

// digits is the precision all amounts of the plan are shown with.
func (p *Plan) digits() moneyDigits {
	amounts := []Money{p.Cost}
	for _, s := range p.Stages {
		amounts = append(amounts, s.Cost)
	}
	return digitsFor(amounts...)
}

func (p *Plan) writeHead(b *strings.Builder) {
	clouds := make([]string, 0, len(p.Stages))
	for _, s := range p.Stages {
		clouds = append(clouds, s.Offering.Place.Cloud)
	}
	slices.Sort(clouds)
	name := ""
	if p.Job != nil {
		name = " for " + clean(p.Job.name)
	}
	digits := p.digits()
	fmt.Fprintf(b, "Plan%s: %s on %s\n", name, plural(len(p.Stages), "stage"), plural(len(slices.Compact(clouds)), "cloud"))
	fmt.Fprintf(b, "  cost    %s, of it %s for moving data\n", digits.text(p.Cost), digits.text(p.Egress))
	if p.List > 0 {
		fmt.Fprintf(b, "  list    %s; %s of the cost is prepaid or covered by credits\n", digits.text(p.List), digits.text(p.Credit))
	}
	fmt.Fprintf(b, "  time    %s\n", span(p.Time))
	if p.Carbon != nil {
		fmt.Fprintf(b, "  carbon  %s\n", grams(*p.Carbon))
	}
	if share, cloud, ok := p.Saving(); ok && share != 0 {
		word := "less"
		if share < 0 {
			share, word = -share, "more"
		}
		fmt.Fprintf(b, "  saving  %s %s than the best single cloud, %s\n", percent(share), word, clean(cloud))
	}
}

func (p *Plan) writeStages(b *strings.Builder) {
	digits := p.digits()
	t := grid{head: []string{"Stage", "Cloud", "Region", "Offering", "Market", "Start", "End", "Price", "Cost"}, right: []int{5, 6, 7, 8, 9}, shrink: []int{3, 2, 0, 1}}
	p.listHead(&t)
	for _, s := range p.Stages {
		region := s.Offering.Place.Region
		if s.Offering.Place.Zone != "" {
			region = s.Offering.Place.Zone
		}
		t.add(s.Name, s.Offering.Place.Cloud, region, fmt.Sprintf("%s x%d", s.runsOn(), max(1, s.Nodes)), string(s.Offering.Market),
			span(s.Start), span(s.Start+s.Time), offeringPrice(s.Offering), digits.text(s.Cost), digits.text(s.List))
	}
	b.WriteString("\n" + t.String())
}

// listHead adds the column of list prices for a host that does not pay them.
func (p *Plan) listHead(g *grid) {
	if p.List > 0 {
		g.head = append(g.head, "List")
	}
}

// offeringPrice is "$12.24/h".
func offeringPrice(o catalog.Offering) string {
	unit := string(o.Unit)
	if o.Unit == catalog.PerHour {
		unit = "h"
	}
	return o.Price.String() + "/" + unit
}

func (p *Plan) writeRoutes(b *strings.Builder) {
	if len(p.Routes) == 0 {
		return
	}
	digits := p.digits()
	t := grid{head: []string{"Data", "From", "To", "How", "Size", "Time", "Cost"}, right: []int{4, 5, 6, 7}, shrink: []int{0, 1, 2, 3}}
	p.listHead(&t)
	for _, r := range p.Routes {
		how := string(r.Kind)
		if r.Mover != "" {
			how += ", by " + r.Mover
		}
		t.add(r.Artifact, r.From.String(), r.To.String(), how, r.Bytes.String(), span(r.Time), digits.text(r.Cost), digits.text(r.List))
	}
	b.WriteString("\n" + t.String())
}

func (p *Plan) writeSingles(b *strings.Builder) {
	if len(p.Singles) == 0 {
		return
	}
	digits := p.digits()
	t := grid{head: []string{"One cloud alone", "Cost", "Time", "This plan"}, right: []int{1, 2}, shrink: []int{0}}
	for _, s := range p.Singles {
		if s.Reason != "" {
			continue
		}
		t.add(s.Cloud, digits.text(s.Cost), span(s.Time), p.against(s, digits))
	}
	if len(t.rows) > 0 {
		b.WriteString("\n" + t.String())
	} else {
		b.WriteString("\nNo cloud can do it alone.\n")
	}
	for _, s := range p.Singles {
		if s.Reason != "" {
			b.WriteString(wrap("not on "+s.Cloud+" alone: ", s.Reason))
		}
	}
}

// against compares the plan with one cloud: "saves $64.53 (61%), 5h03m sooner".
func (p *Plan) against(s SingleCloud, digits moneyDigits) string {
	money := "costs the same"
	switch d := s.Cost - p.Cost; {
	case d > 0:
		money = fmt.Sprintf("saves %s (%s)", digits.text(d), percent(float64(d)/float64(s.Cost)))
	case d < 0:
		money = "costs " + digits.text(-d) + " more"
	}
	switch d := s.Time - p.Time; {
	case d > 0:
		return money + ", " + span(d) + " sooner"
	case d < 0:
		return money + ", " + span(-d) + " later"
	}
	return money
}

// proofLine says how good the plan is known to be.
func (p *Plan) proofLine() string {
	method := ""
	if p.Proof.Method != "" {
		method = " (" + clean(p.Proof.Method) + ")"
	}
	if p.Proof.Optimal {
		return "Proof: optimal, no plan has less " + p.measure() + method + "."
	}
	return fmt.Sprintf("Proof: none yet, at most %s above the best possible: %s against a bound of %s%s.",
		percent(p.Proof.Gap), p.inUnits(p.Proof.Value), p.inUnits(p.Proof.Bound), method)
}

func (p *Plan) objective() ObjectiveKind {
	if p.Job == nil {
		return minCost
	}
	return p.Job.objective.Kind
}

// measure is what the plan is the least of.
func (p *Plan) measure() string {
	if k := p.objective(); k != minBlend {
		return string(k)
	}
	return "of the blend of cost, time and carbon"
}

// inUnits is a value of the objective.
func (p *Plan) inUnits(v int64) string {
	switch p.objective() {
	case minTime:
		return span(time.Duration(v) * time.Millisecond)
	case minCarbon:
		return grams(float64(v) / 1000)
	}
	m := Money(v) * 1000
	return digitsFor(m).text(m)
}

func (p *Plan) writeBids(b *strings.Builder) {
	digits := p.digits()
	t := grid{head: []string{"Next best for", "Bid", "Price", "Time", "Cost", "Why not"}, right: []int{2, 3, 4}, shrink: []int{5, 1, 0}, wrap: true}
	for _, s := range p.Stages {
		losers := s.losers()
		for _, bid := range losers[:min(shownBids, len(losers))] {
			t.add(append([]string{s.Name}, bid.cells(digits)...)...)
		}
		if rest := len(losers) - shownBids; rest > 0 {
			t.add(s.Name, fmt.Sprintf("and %d more", rest))
		}
	}
	if len(t.rows) > 0 {
		b.WriteString("\n" + t.String())
	}
}

// losers are the bids without the winner.
func (s PlannedStage) losers() []Bid {
	if len(s.Bids) == 0 {
		return nil
	}
	return s.Bids[1:]
}

// cells are a bid's place and machine, price, time, cost, and why it lost.
func (b Bid) cells(digits moneyDigits) []string {
	if b.Offering == "" {
		return []string{b.Place.String(), "", "", "", b.why(digits)}
	}
	return []string{b.name(), strings.Replace(b.Price, "/hour", "/h", 1), span(b.Time), digits.text(b.Cost), b.why(digits)}
}

// name is the place and the machine, "gcp/europe-west4 tpu-v3-8 spot", read from the offering's id, which begins with
// the place; the market is told unless it is the usual one. It is the place alone when a rule excludes all of it.
func (b Bid) name() string {
	place := shortPlace(b.Place.String())
	for _, p := range []catalog.Place{b.Place, b.Place.InRegion()} {
		if machine, ok := strings.CutPrefix(b.Offering, p.String()+"/"); ok {
			machine = strings.TrimSuffix(strings.TrimPrefix(machine, "vm/"), "/"+string(catalog.OnDemand))
			return place + " " + strings.ReplaceAll(machine, "/", " ")
		}
	}
	return cmp.Or(b.Offering, place)
}

func (b Bid) why(digits moneyDigits) string {
	switch {
	case b.Adds != 0 && strings.HasSuffix(b.WhyNot, atMost):
		return "adds " + digits.text(b.Adds) + atMost
	case b.Adds != 0:
		return "adds " + digits.text(b.Adds)
	}
	return b.WhyNot
}
