package sky

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// list says what a planned stage costs at list price.
func (c *compiled) list(s *PlannedStage, inputs Bytes) (err error) {
	if c.snap.book == nil {
		return nil
	}
	s.ListPrice = c.snap.listPrice(s.Offering)
	s.List, err = s.orders(c.job).listed().Cost(usage(s.Nodes, s.Time, inputs))
	return err
}

// spend says which part of a plan is prepaid, or paid from credits.
func (c *compiled) spend(p *Plan) error {
	if c.snap.book == nil || c.past.pins != nil {
		return nil
	}
	r, err := c.receipt(p)
	if err == nil {
		p.Credit = max(0, p.Cost-r.Due)
	}
	return err
}

// receipt bills a plan as if it went as planned.
func (c *compiled) receipt(p *Plan) (catalog.Receipt, error) {
	var uses []catalog.Use
	for _, s := range p.Stages {
		uses = append(uses, s.orders(c.job).use(s.Time))
	}
	for _, r := range p.Routes {
		if r.Kind == Direct {
			link, _ := c.snap.list.Link(r.From, r.To)
			uses = append(uses, moveUse(r.Artifact, catalog.Move{Link: link, Size: r.Bytes, Used: r.Used}))
		}
	}
	book := c.snap.book
	if book == nil {
		book = &catalog.PriceBook{}
	}
	return book.Bill(uses, c.snap.asOf)
}

func moveUse(artifact string, m catalog.Move) catalog.Use {
	return catalog.Use{What: "move " + artifact + " to " + m.Link.To.Cloud, Move: &m}
}

// warnOfClosing tells of stages that, without a deadline, may outlast a reservation.
func (c *compiled) warnOfClosing(p *Plan) {
	for _, s := range p.Stages {
		begin := c.snap.asOf.Add(s.Start)
		if windowed(&s.Offering) && c.past.pins == nil && !s.Offering.Commitment.Open(begin, begin.Add(s.Time)) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("stage %q ends after its reservation closes on %s: give the job a deadline before that",
				s.Name, s.Offering.Commitment.Closes.Format(time.DateTime)))
		}
	}
}

// Receipt is the plan as a bill, line by line at the list and the effective price: what is prepaid is used first, then
// credits are spent, in the order of the price book; [catalog.Receipt.Left] is what is left of them. For a host without one
// it is the bill at list prices. The error is a [*DetachedPlanError] for a plan that was read from JSON.
func (p *Plan) Receipt() (catalog.Receipt, error) {
	c, err := p.compiled("a receipt")
	if err != nil {
		return catalog.Receipt{}, err
	}
	return c.receipt(p)
}

// Receipt bills what was spent so far, line by line, to a host with a price book, as of the run's start: see [Plan.Receipt].
// [catalog.Receipt.Left] is the book to go on with. Lines of machines that are not given back, and of copies whose price is not known,
// are left out. It fails when an amount does not fit.
func (r *Report) Receipt(book catalog.PriceBook) (catalog.Receipt, error) {
	var uses []catalog.Use
	for _, l := range r.Ledger {
		if l.Use != nil {
			uses = append(uses, *l.Use)
		}
	}
	return book.Bill(uses, r.Started)
}

// Sent is how much the run has sent by each meter, as [Config.Used] counts: what it adds to the volume of the month.
func (r *Report) Sent() map[string]Bytes {
	sent := map[string]Bytes{}
	for _, l := range r.Ledger {
		if l.Meter != "" && l.Use != nil && l.Use.Move != nil {
			sent[l.Meter] += min(l.Use.Move.Size, maxBytes-sent[l.Meter])
		}
	}
	return sent
}
