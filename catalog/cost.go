package catalog

import (
	"fmt"
	"math"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Open reports whether a commitment can be used from a time until another, both in UTC; a zero until is one instant.
func (c Commitment) Open(from, until time.Time) bool {
	if until.Before(from) {
		until = from
	}
	return !from.Before(c.Opens) && (c.Closes.IsZero() || until.Before(c.Closes) || until.Equal(c.Closes) && from.Before(until))
}

// Usage is how much of an offering is used. Only what its unit of price is about counts.
type Usage struct {
	Machines int           // of offerings per hour; 0 = one
	Time     time.Duration // of offerings per hour, and how long bytes are held
	Bytes    unit.Bytes    // scanned, or held
	Requests int64
}

// Billed is the time that a use of d is billed for: at least Minimum, rounded up to a multiple of Increment, and of the
// Term of a commitment. A time below 0 counts as 0, and no use at all is billed only if it commits: then for one term.
func (o Offering) Billed(d time.Duration) time.Duration {
	if d <= 0 && o.Commitment.Term == 0 {
		return 0
	}
	return roundUp(roundUp(max(d, o.Minimum, 1), o.Increment), o.Commitment.Term)
}

// roundUp stays at the longest duration when the multiple is longer.
func roundUp(d, step time.Duration) time.Duration {
	if step <= 0 || d%step == 0 {
		return d
	}
	if up := d - d%step; up <= math.MaxInt64-step {
		return up + step
	}
	return math.MaxInt64
}

// Cost is what a usage costs at the price of the offering, with minimum, rounding and commitment, and the upfront price
// of every term that begins. It fails when the usage is below 0 or the amount does not fit.
func (o Offering) Cost(u Usage) (unit.Money, error) {
	if u.Machines < 0 || u.Time < 0 || u.Bytes < 0 || u.Requests < 0 {
		return 0, fmt.Errorf("cost of %s: usage %+v: want nothing below 0", o.ID, u)
	}
	q, err := o.quantity(u)
	if err != nil {
		return 0, err
	}
	cost, err := o.Price.For(q)
	if err != nil {
		return 0, fmt.Errorf("cost of %s: %w", o.ID, err)
	}
	if o.Commitment.Upfront == 0 || o.Commitment.Term <= 0 {
		return cost, nil
	}
	terms := int64(o.Billed(u.Time) / o.Commitment.Term)
	upfront, err := o.Commitment.Upfront.For(unit.Count(terms).Times(max(u.Machines, 1)))
	if err != nil || cost > math.MaxInt64-upfront {
		return 0, fmt.Errorf("cost of %s: upfront price for %d terms: %w", o.ID, terms, unit.ErrOverflow)
	}
	return cost + upfront, nil
}

func (o Offering) quantity(u Usage) (unit.Quantity, error) {
	switch o.Unit {
	case PerHour, "":
		return unit.Hours(o.Billed(u.Time)).Times(max(u.Machines, 1)), nil
	case PerTB:
		return unit.Quantity{N: int64(u.Bytes), Per: int64(unit.TB)}, nil
	case PerGBMonth:
		return unit.GigabyteMonths(u.Bytes, o.Billed(u.Time)), nil
	case PerMillion:
		return unit.Quantity{N: u.Requests, Per: 1_000_000}, nil
	default:
		return unit.Quantity{}, fmt.Errorf("cost of %s: unknown unit %q", o.ID, o.Unit)
	}
}
