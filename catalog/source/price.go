package source

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
)

// mostHourly is the dearest hour of one machine that is believed: a few times the largest there is.
const mostHourly = 2_000 * unit.Price(unit.Dollar)

// errZero is about a price that is 0 where nobody said that the thing is free.
var errZero = errors.New("the price is 0, which stands for an unknown one")

// parsePrice reads a decimal text such as "0.0960000000", "12" or "2.6E-05", in dollars. It is exact to a nano-dollar;
// digits beyond are rounded half up.
func parsePrice(text string) (unit.Price, error) {
	mantissa, exponent, err := cutExponent(text)
	whole, frac, dot := strings.Cut(mantissa, ".")
	if err != nil || whole == "" || dot && frac == "" || !isDigits(whole) || !isDigits(frac) {
		return 0, fmt.Errorf("price %q: want a decimal number", clip(text))
	}
	digits := whole + frac
	point := len(whole) + exponent + 9 // digits before the point, counted in nano-dollars
	if len(digits) > 40 || point > 40 {
		return 0, fmt.Errorf("price %q does not fit in 64 bits of nano-dollars", clip(text))
	}
	up := false
	switch {
	case point < 0:
		digits = "0"
	case point < len(digits):
		up = digits[point] >= '5'
		digits = "0" + digits[:point]
	default:
		digits += strings.Repeat("0", point-len(digits))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || up && n == math.MaxInt64 {
		return 0, fmt.Errorf("price %q does not fit in 64 bits of nano-dollars", clip(text))
	}
	if up {
		n++
	}
	return unit.Price(n), nil
}

// cutExponent takes "e-5" off the end.
func cutExponent(text string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0, nil
	}
	exponent, err = strconv.Atoi(text[i+1:])
	if err == nil && (exponent < -99 || exponent > 99) {
		err = errors.New("exponent out of range")
	}
	return text[:i], exponent, err
}

// hourly reads the price of an hour of one machine and refuses what is not believed.
func hourly(text string) (unit.Price, error) {
	p, err := parsePrice(strings.TrimSpace(text))
	if err != nil {
		return 0, err
	}
	return p, believable(p)
}

func believable(p unit.Price) error {
	switch {
	case p == 0:
		return errZero
	case p < 0:
		return fmt.Errorf("the price %s is negative", p)
	case p > mostHourly:
		return fmt.Errorf("the price %s an hour is not believed: the most is %s", p, mostHourly)
	}
	return nil
}

// priceRemedy says what to do about a price that hourly refuses.
const priceRemedy = "the row is left out: an unknown price is no price; ask its publisher"

// share is total×num/den, rounded half up: a price over a term as a price per hour, say. All are positive.
func share(total unit.Price, num, den int64) (unit.Price, error) {
	hi, lo := bits.Mul64(uint64(total), uint64(num))
	lo, carry := bits.Add64(lo, uint64(den)/2, 0)
	hi += carry
	if total < 0 || num < 0 || den <= 0 || hi >= uint64(den) {
		return 0, unit.ErrOverflow
	}
	quo, _ := bits.Div64(hi, lo, uint64(den))
	if quo > math.MaxInt64 {
		return 0, unit.ErrOverflow
	}
	return unit.Price(quo), nil
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// count reads a whole number, given as "8" or "8.0".
func count(text string) (int, error) {
	whole, frac, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(text), ",", ""), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n < 0 || strings.Trim(frac, "0") != "" {
		return 0, fmt.Errorf("%q: want a whole number", clip(text))
	}
	return n, nil
}

// clip shortens a text of unknown length for a message.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
