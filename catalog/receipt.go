package catalog

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Use is one thing to pay for: an offering that is used, or a move of data.
type Use struct {
	What     string // for the receipt: "stage train"
	Offering Offering
	Usage    Usage
	Move     *Move // instead of Offering and Usage
}

// Move is data that goes over a link.
type Move struct {
	Link Link // at its list price
	Size unit.Bytes
	Used unit.Bytes // moved before in the same month: see [Link.Cost]
}

// Line is what one use costs: Due = Effective - Credit.
type Line struct {
	What      string
	Cloud     string
	List      unit.Money // at list price
	Effective unit.Money // after discounts and what is prepaid
	Credit    unit.Money // paid from a credit
	Due       unit.Money
	Rule      string // why Effective is not List; "" = it is
}

// Receipt is what several uses cost.
type Receipt struct {
	Lines                        []Line
	List, Effective, Credit, Due unit.Money
	Left                         PriceBook // the book with what was spent taken from its prepaid time and its credits
}

// Bill works out what uses cost, in the order given, as of a time: prepaid machine time is used first, then the price
// agreed upon holds, then credit of the cloud is spent before the host's own money. Uses are given at list price. Time
// that is prepaid covers whole billed machine time of one use or a part of it; upfront prices are never covered.
// It fails when an amount does not fit or a usage makes no sense.
func (b PriceBook) Bill(uses []Use, asOf time.Time) (Receipt, error) {
	left := b
	left.Prepaid, left.Credits = slices.Clone(b.Prepaid), slices.Clone(b.Credits)
	r := Receipt{}
	for _, u := range uses {
		line, err := left.line(u, asOf)
		if err != nil {
			return Receipt{}, fmt.Errorf("bill %s: %w", u.What, err)
		}
		left.spend(&line, asOf)
		r.Lines = append(r.Lines, line)
		if r.List > math.MaxInt64-line.List || r.Effective > math.MaxInt64-line.Effective {
			return Receipt{}, fmt.Errorf("bill %s: sum: %w", u.What, unit.ErrOverflow)
		}
		r.List, r.Effective = r.List+line.List, r.Effective+line.Effective
		r.Credit, r.Due = r.Credit+line.Credit, r.Due+line.Due
	}
	r.Left = left
	return r, nil
}

func (b *PriceBook) line(u Use, asOf time.Time) (Line, error) {
	if u.Move != nil {
		return b.moveLine(u)
	}
	line := Line{What: u.What, Cloud: u.Offering.Place.Cloud}
	paid := u.Offering
	paid.Price, line.Rule = b.Price(u.Offering)
	var err error
	if line.List, err = u.Offering.Cost(u.Usage); err != nil {
		return Line{}, err
	}
	if line.Effective, err = paid.Cost(u.Usage); err != nil {
		return Line{}, err
	}
	if paid.Unit != PerHour {
		return line, nil
	}
	total := machineTime(paid, u.Usage)
	covered := b.cover(&u.Offering, total, asOf)
	saved, err := paid.Price.For(unit.Hours(covered)) // at most what was just charged
	if err != nil {
		return Line{}, err
	}
	if covered > 0 {
		line.Effective -= min(saved, line.Effective)
		line.Rule = strings.TrimPrefix(line.Rule+", "+covered.String()+" prepaid", ", ")
	}
	return line, nil
}

func (b *PriceBook) moveLine(u Use) (Line, error) {
	m := u.Move
	line := Line{What: u.What, Cloud: m.Link.From.Cloud}
	paid, rule := b.Link(m.Link)
	line.Rule = rule
	var err error
	if line.List, err = m.Link.Cost(m.Size, m.Used); err != nil {
		return Line{}, err
	}
	line.Effective, err = paid.Cost(m.Size, m.Used)
	return line, err
}

// machineTime is the billed time of all machines together.
func machineTime(o Offering, u Usage) time.Duration {
	billed, machines := int64(o.Billed(u.Time)), int64(max(u.Machines, 1))
	if billed > math.MaxInt64/machines {
		return math.MaxInt64
	}
	return time.Duration(billed * machines)
}

// cover takes machine time from what is prepaid and says how much was.
func (b *PriceBook) cover(o *Offering, want time.Duration, asOf time.Time) time.Duration {
	covered := time.Duration(0)
	for i := range b.Prepaid {
		p := &b.Prepaid[i]
		if p.matches(o) && !lapsed(p.Until, asOf) {
			used := min(p.Time, want-covered)
			p.Time -= used
			covered += used
		}
	}
	return covered
}

// spend pays a line from the credits of its cloud as far as they go.
func (b *PriceBook) spend(line *Line, asOf time.Time) {
	line.Due = line.Effective
	for i := range b.Credits {
		c := &b.Credits[i]
		if c.Cloud == line.Cloud && !lapsed(c.Until, asOf) {
			spent := min(c.Balance, line.Due)
			c.Balance -= spent
			line.Credit, line.Due = line.Credit+spent, line.Due-spent
		}
	}
}

func lapsed(until, asOf time.Time) bool { return !until.IsZero() && !asOf.Before(until) }

// String is the receipt as a table: what, list price, effective price, credit and what is due, to the cent.
func (r Receipt) String() string {
	var b strings.Builder
	row := func(what string, list, effective, credit, due unit.Money, rule string) {
		text := fmt.Sprintf("%-28s %12s %12s %12s %12s  %s", what, list.Cents(), effective.Cents(), credit.Cents(), due.Cents(), rule)
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	fmt.Fprintf(&b, "%-28s %12s %12s %12s %12s\n", "", "list", "effective", "credit", "due")
	for _, l := range r.Lines {
		row(cmp.Or(l.What, l.Cloud), l.List, l.Effective, l.Credit, l.Due, l.Rule)
	}
	row("total", r.List, r.Effective, r.Credit, r.Due, "")
	return b.String()
}
