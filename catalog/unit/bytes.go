package unit

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Bytes is a size in bytes, never negative in a valid value.
type Bytes int64

// Decimal and binary sizes to multiply with. Clouds price decimal gigabytes; memory is sold in binary ones.
const (
	B   Bytes = 1
	KB        = 1_000 * B
	MB        = 1_000 * KB
	GB        = 1_000 * MB
	TB        = 1_000 * GB
	PB        = 1_000 * TB
	KiB       = 1 << 10 * B
	MiB       = 1 << 20 * B
	GiB       = 1 << 30 * B
	TiB       = 1 << 40 * B
	PiB       = 1 << 50 * B
)

type suffix struct {
	name string
	size Bytes
}

func suffixes() []suffix {
	return []suffix{
		{"PiB", PiB},
		{"TiB", TiB},
		{"GiB", GiB},
		{"MiB", MiB},
		{"KiB", KiB},
		{"PB", PB},
		{"TB", TB},
		{"GB", GB},
		{"MB", MB},
		{"KB", KB},
		{"kB", KB},
		{"B", B},
	}
}

// String prints the size in the largest decimal unit that is at most the size, with up to two digits after the
// point: "8 GB", "1.25 MB".
func (b Bytes) String() string {
	for _, s := range []suffix{{"PB", PB}, {"TB", TB}, {"GB", GB}, {"MB", MB}, {"kB", KB}} {
		if b >= s.size {
			text := fmt.Sprintf("%.2f", float64(b)/float64(s.size))
			return strings.TrimRight(strings.TrimRight(text, "0"), ".") + " " + s.name
		}
	}
	return fmt.Sprintf("%d B", int64(b))
}

// ParseBytes reads a size such as "8GB", "1.5 GiB" or "4096". A fraction of a byte is rounded to the nearest byte.
func ParseBytes(s string) (Bytes, error) {
	number, size := strings.TrimSpace(s), B
	for _, x := range suffixes() {
		if rest, ok := strings.CutSuffix(number, x.name); ok {
			number, size = strings.TrimSpace(rest), x.size
			break
		}
	}
	whole, frac, _ := strings.Cut(number, ".")
	if whole == "" || !digits(whole) || !digits(frac) || len(number) > 40 {
		return 0, fmt.Errorf("size %q: want a number and one of B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB", s)
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, fmt.Errorf("size %q: not a number", s)
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(size)))
	r.Add(r, big.NewRat(1, 2))
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsInt64() {
		return 0, fmt.Errorf("size %q: more than %d bytes", s, int64(math.MaxInt64))
	}
	return Bytes(n.Int64()), nil
}
