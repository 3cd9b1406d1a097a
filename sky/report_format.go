package sky

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/openintercloud/broker/catalog"
)

// span is a duration for a reader's eye: "250ms", "9.5s", "36m", "5h44m", "3d04h". Parts of a unit that is two steps
// smaller are dropped.
func span(d time.Duration) string {
	if d < 0 {
		if d == math.MinInt64 {
			d++
		}
		return "-" + span(-d)
	}
	switch {
	case d == 0:
		return "0s"
	case d.Round(time.Millisecond) < time.Second:
		return fmt.Sprintf("%dms", max(1, d.Round(time.Millisecond).Milliseconds()))
	case d.Round(100*time.Millisecond) < time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Round(100*time.Millisecond).Seconds()), ".0") + "s"
	case d.Round(time.Second) < time.Hour:
		d = d.Round(time.Second)
		return twoParts(int64(d/time.Minute), "m", int64(d%time.Minute/time.Second), "s")
	case d.Round(time.Minute) < 48*time.Hour:
		d = d.Round(time.Minute)
		return twoParts(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "m")
	}
	return twoParts(int64(d/(24*time.Hour)), "d", int64(d%(24*time.Hour)/time.Hour), "h")
}

func twoParts(n int64, unit string, rest int64, smaller string) string {
	if rest == 0 {
		return fmt.Sprintf("%d%s", n, unit)
	}
	return fmt.Sprintf("%d%s%02d%s", n, unit, rest, smaller)
}

// moneyDigits is how many digits after the point a column of amounts needs: cents when any reaches a dollar, more when
// all are small. Amounts of one table share it, so that they can be compared at a glance.
type moneyDigits int

func digitsFor(amounts ...Money) moneyDigits {
	most := Money(0)
	for _, m := range amounts {
		most = max(most, m, -m)
	}
	switch {
	case most == 0 || most >= Dollar:
		return 2
	case most >= Dollar/100:
		return 4
	}
	return 6
}

// text is the amount, or "<$0.01" for one that is not nothing but would look like it.
func (n moneyDigits) text(m Money) string {
	shown := m.Round(int(n))
	if m > 0 && strings.Trim(shown, "$0.") == "" {
		return "<$0." + strings.Repeat("0", int(n)-1) + "1"
	}
	return shown
}

// percent is a share as a whole percentage, or with one digit when it is small.
func percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "?"
	}
	if p := share * 100; p != math.Trunc(p) && math.Abs(p) < 9.95 {
		return fmt.Sprintf("%.1f%%", p)
	}
	return fmt.Sprintf("%.0f%%", share*100)
}

// off is how far an actual figure is from its prediction: "+1.4%", or "" when nothing was predicted.
func off(predicted, actual float64) string {
	if predicted == 0 {
		return ""
	}
	text := percent((actual - predicted) / predicted)
	if actual > predicted {
		text = "+" + text
	}
	return text
}

// grams is an amount of CO2e.
func grams(g float64) string {
	switch {
	case g >= 1e6:
		return fmt.Sprintf("%.2f t CO2e", g/1e6)
	case g >= 1e3:
		return fmt.Sprintf("%.2f kg CO2e", g/1e3)
	}
	return fmt.Sprintf("%.0f g CO2e", g)
}

// shortPlace is a place without the region when its zone repeats it: "gcp/us-central1-b".
func shortPlace(place string) string {
	parts := strings.Split(place, "/")
	if len(parts) == 3 && strings.HasPrefix(parts[2], parts[1]) {
		return parts[0] + "/" + parts[2]
	}
	return place
}

// shortOffering leaves out the market when it is the usual one.
func shortOffering(offering string) string {
	return strings.TrimSuffix(offering, ", "+string(catalog.OnDemand))
}

// clean makes text that came from anywhere safe for a terminal and one line of it: control characters, and those that
// turn the direction of writing, become spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// plural is "1 stage", "2 stages".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
