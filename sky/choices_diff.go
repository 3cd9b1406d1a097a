package sky

import (
	"fmt"
	"strings"
	"time"
)

// Diff says how another plan differs from this one: what it costs and takes more or less, which stages moved, and what
// came of those that stayed. Both may be plans of different jobs or prices: what only one has is named. "" when nothing differs.
func (p *Plan) Diff(other *Plan) string {
	var b strings.Builder
	digits := digitsFor(p.Cost, other.Cost)
	for _, s := range p.Stages {
		if k := other.stageIndex(s.Name); k < 0 {
			fmt.Fprintf(&b, "  %s: only before, on %s\n", clean(s.Name), s.spot())
		} else {
			b.WriteString(s.diff(other.Stages[k], digits))
		}
	}
	for _, s := range other.Stages {
		if p.stageIndex(s.Name) < 0 {
			fmt.Fprintf(&b, "  %s: only after, on %s\n", clean(s.Name), s.spot())
		}
	}
	if p.Egress != other.Egress {
		fmt.Fprintf(&b, "  moving data: %s\n", change(p.Egress, other.Egress, digits))
	}
	if b.Len() == 0 && p.Cost == other.Cost && p.Time == other.Time {
		return ""
	}
	return fmt.Sprintf("cost %s; time %s\n", change(p.Cost, other.Cost, digits), timeChange(p.Time, other.Time)) + b.String()
}

// diff is the line of a stage that both plans have; "" when it is the same.
func (s PlannedStage) diff(t PlannedStage, digits moneyDigits) string {
	var what []string
	if from, to := s.spot(), t.spot(); from != to {
		what = append(what, from+" -> "+to)
	}
	if s.Cost != t.Cost {
		what = append(what, change(s.Cost, t.Cost, digits))
	}
	if s.Time != t.Time {
		what = append(what, timeChange(s.Time, t.Time))
	}
	if len(what) == 0 {
		return ""
	}
	return fmt.Sprintf("  %s: %s\n", clean(s.Name), strings.Join(what, ", "))
}

// spot is where and on what a stage runs.
func (s PlannedStage) spot() string {
	return clean(shortPlace(s.Offering.Place.String()) + " " + s.offering())
}

// change is "$40.44 -> $50.10 (+$9.66)".
func change(from, to Money, digits moneyDigits) string {
	sign, by := "+", to-from
	if by < 0 {
		sign, by = "-", -by
	}
	if by == 0 {
		return digits.text(from)
	}
	return fmt.Sprintf("%s -> %s (%s%s)", digits.text(from), digits.text(to), sign, digits.text(by))
}

func timeChange(from, to time.Duration) string {
	switch by := to - from; {
	case by > 0:
		return fmt.Sprintf("%s -> %s (+%s)", span(from), span(to), span(by))
	case by < 0:
		return fmt.Sprintf("%s -> %s (%s)", span(from), span(to), span(by))
	}
	return span(from)
}
