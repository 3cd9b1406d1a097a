package unit

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"
)

// Money is an amount in nano-dollars (1e-9 US dollars). An int64 holds about ±9.2 billion dollars.
type Money int64

// Amounts to multiply with: 3*unit.Dollar.
const (
	NanoDollar  Money = 1
	MicroDollar Money = 1_000
	Cent        Money = 10_000_000
	Dollar      Money = 1_000_000_000
)

// Price is what one unit costs, in nano-dollars. What the unit is (an hour, a gigabyte, a request) is said by the
// [Quantity] it is multiplied with.
type Price int64

// Dollars returns the price d/1e9 nano-dollars per unit for a decimal text such as "12.24".
// It fails on anything that is not a plain decimal number with at most nine digits after the point.
func Dollars(d string) (Price, error) {
	n, err := parseNano(d)
	return Price(n), err
}

// ParseMoney reads an amount such as "40.44", "$40.44" or "-0.000000001", in dollars.
func ParseMoney(s string) (Money, error) {
	neg := strings.HasPrefix(s, "-")
	n, err := parseNano(strings.TrimPrefix(strings.TrimPrefix(s, "-"), "$"))
	if err != nil {
		return 0, fmt.Errorf("money %q: %w", s, err)
	}
	if neg {
		n = -n
	}
	return Money(n), nil
}

// Quantity is an exact number of units: N/Per. Make one with [Hours], [Gigabytes], [GigabyteMonths] or [Count].
// The zero Quantity is no units at all.
type Quantity struct {
	N   int64 // numerator, never negative
	Per int64 // denominator; 0 counts as 1
}

// Hours is a duration as hours.
func Hours(d time.Duration) Quantity { return Quantity{int64(d), int64(time.Hour)} }

// Gigabytes is a size as decimal gigabytes, the unit in which clouds price traffic and storage.
func Gigabytes(b Bytes) Quantity { return Quantity{int64(b), int64(GB)} }

// GigabyteMonths is a size held for a time, in decimal gigabytes times months of 730 hours.
// The time is counted in whole milliseconds and the size in whole kilobytes, both rounded up.
func GigabyteMonths(b Bytes, d time.Duration) Quantity {
	kb := ceilDiv(int64(b), int64(KB))
	ms := ceilDiv(int64(d), int64(time.Millisecond))
	hi, lo := bits.Mul64(uint64(kb), uint64(ms))
	if hi != 0 || lo > math.MaxInt64 {
		return Quantity{-1, 1} // reported as an overflow by For
	}
	return Quantity{int64(lo), int64(GB/KB) * 730 * int64(time.Hour/time.Millisecond)}
}

// Count is n whole units.
func Count(n int64) Quantity { return Quantity{n, 1} }

// Times multiplies a quantity by a whole number, such as hours by machines. An overflow is kept as a negative
// numerator, which [Price.For] reports.
func (q Quantity) Times(n int) Quantity {
	hi, lo := bits.Mul64(uint64(q.N), uint64(n))
	if q.N < 0 || n < 0 || hi != 0 || lo > math.MaxInt64 {
		return Quantity{-1, q.Per}
	}
	return Quantity{int64(lo), q.Per}
}

// ErrOverflow is wrapped by every error about an amount that does not fit.
var ErrOverflow = fmt.Errorf("amount does not fit in 64 bits of nano-dollars")

// For returns price × quantity, computed in 128 bits and rounded half up (away from zero for negative prices).
func (p Price) For(q Quantity) (Money, error) {
	per := q.Per
	if per == 0 {
		per = 1
	}
	if q.N < 0 || per < 0 {
		return 0, fmt.Errorf("price %s for %d/%d units: %w", p, q.N, q.Per, ErrOverflow)
	}
	abs := uint64(p)
	if p < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(q.N))
	lo, carry := bits.Add64(lo, uint64(per)/2, 0)
	hi += carry
	if hi >= uint64(per) {
		return 0, fmt.Errorf("price %s for %d/%d units: %w", p, q.N, q.Per, ErrOverflow)
	}
	quo, _ := bits.Div64(hi, lo, uint64(per))
	if quo > math.MaxInt64 {
		return 0, fmt.Errorf("price %s for %d/%d units: %w", p, q.N, q.Per, ErrOverflow)
	}
	if p < 0 {
		return -Money(quo), nil
	}
	return Money(quo), nil
}

// String prints the price in dollars without trailing zeros, at least two digits after the point: "$12.24".
func (p Price) String() string { return formatNano(int64(p), 2) }

// String prints the amount exactly, in dollars: "$40.43918". Use [Money.Cents] for a reader's eye.
func (m Money) String() string { return formatNano(int64(m), 2) }

// Cents prints the amount rounded half up to cents: "$40.44".
func (m Money) Cents() string { return m.Round(2) }

// Round prints the amount rounded half up to a number of digits after the point, between 0 and 9; a number outside is
// taken as the nearer of the two.
func (m Money) Round(digits int) string {
	digits = min(max(digits, 0), 9)
	step := int64(1)
	for i := digits; i < 9; i++ {
		step *= 10
	}
	v, sign := uint64(m), ""
	if m < 0 {
		v, sign = -v, "-"
	}
	v = (v + uint64(step)/2) / uint64(step) * uint64(step)
	text := fmt.Sprintf("%s$%d", sign, v/1e9)
	if digits == 0 {
		return text
	}
	return text + "." + fmt.Sprintf("%09d", v%1e9)[:digits]
}

func formatNano(n int64, atLeast int) string {
	v, sign := uint64(n), ""
	if n < 0 {
		v, sign = -v, "-"
	}
	frac := fmt.Sprintf("%09d", v%1e9)
	cut := len(frac)
	for cut > atLeast && frac[cut-1] == '0' {
		cut--
	}
	return fmt.Sprintf("%s$%d.%s", sign, v/1e9, frac[:cut])
}

func parseNano(s string) (int64, error) {
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || len(frac) > 9 || (dot && frac == "") || !digits(whole) || !digits(frac) {
		return 0, fmt.Errorf("%q is not a decimal number of dollars with at most nine digits after the point", s)
	}
	n, fits := appended(0, whole)
	if fits {
		n, fits = appended(n, frac)
	}
	for i := len(frac); fits && i < 9; i++ {
		n, fits = appended(n, "0")
	}
	if !fits {
		return 0, fmt.Errorf("%q: %w", s, ErrOverflow)
	}
	return n, nil
}

// appended is n with more decimal digits at its end, and whether it fits.
func appended(n int64, digits string) (int64, bool) {
	for i := range len(digits) {
		d := int64(digits[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = 10*n + d
	}
	return n, true
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func ceilDiv(a, b int64) int64 {
	if a <= 0 {
		return 0
	}
	return (a-1)/b + 1
}
