package catalog

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/openintercloud/broker/catalog/unit"
)

// UnknownLinkError says that no price is known for moving data between two places.
type UnknownLinkError struct{ From, To Place }

// Error names the places.
func (e *UnknownLinkError) Error() string {
	return fmt.Sprintf("catalog: no price is known for moving data from %s to %s: add a link", e.From, e.To)
}

// Transfer is what it costs to move size bytes from one place to another when used bytes were already moved over
// links of the same meter in this month (most clouds count all that leaves them). It fails with an [*UnknownLinkError],
// or when the amount does not fit.
func (c *Catalog) Transfer(from, to Place, size, used unit.Bytes) (unit.Money, error) {
	link, ok := c.Link(from, to)
	if !ok {
		return 0, &UnknownLinkError{from, to}
	}
	return link.Cost(size, used)
}

// Cost is what size bytes cost after used bytes of the same month: each byte at the price of its own tier. The amount
// for the whole month is rounded half up, and this is the difference of two such amounts: however a volume is split
// into transfers, they cost the same together. Volumes below 0 and amounts that do not fit are errors.
func (l Link) Cost(size, used unit.Bytes) (unit.Money, error) {
	if size < 0 || used < 0 || size > math.MaxInt64-used {
		return 0, fmt.Errorf("catalog: egress of %d bytes after %d: %w", size, used, unit.ErrOverflow)
	}
	before, err := l.month(used)
	if err != nil {
		return 0, err
	}
	after, err := l.month(used + size)
	return after - before, err
}

// month is what the first volume bytes of a month cost.
func (l Link) month(volume unit.Bytes) (unit.Money, error) {
	var sum uint128
	price, from := l.Egress, unit.Bytes(0)
	for _, t := range l.Tiers {
		if t.From >= volume {
			break
		}
		sum.add(uint64(price), uint64(t.From-from))
		price, from = t.Price, t.From
	}
	sum.add(uint64(price), uint64(volume-from))
	amount, ok := sum.over(uint64(unit.GB))
	if !ok {
		return 0, fmt.Errorf("catalog: egress of %s from %s to %s: %w", volume, l.From, l.To, unit.ErrOverflow)
	}
	return amount, nil
}

// uint128 sums products exactly. The factors here are below 2^63 and the second ones sum to less than that, so the sum
// stays below 2^126.
type uint128 struct{ hi, lo uint64 }

func (s *uint128) add(a, b uint64) {
	hi, lo := bits.Mul64(a, b)
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi += hi + carry
}

// over is the sum over d, rounded half up, and false when it does not fit.
func (s *uint128) over(d uint64) (unit.Money, bool) {
	lo, carry := bits.Add64(s.lo, d/2, 0)
	hi := s.hi + carry
	if hi >= d {
		return 0, false
	}
	quo, _ := bits.Div64(hi, lo, d)
	return unit.Money(quo), quo <= math.MaxInt64
}
