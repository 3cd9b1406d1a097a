package sky

import (
	"fmt"
	"math"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
)

// meter knows what runs now and what it costs, so that a budget stops work that takes longer than was expected. It is a
// function of the journal's facts.
type meter struct {
	budget Money // 0 = none
	live   map[engine.AttemptRef]held
	orders map[engine.AttemptRef]orders
}

func newMeter(budget Money) *meter {
	return &meter{budget: budget, live: map[engine.AttemptRef]held{}, orders: map[engine.AttemptRef]orders{}}
}

// note takes in what became of allocations.
func (m *meter) note(machine *engine.Machine, facts []engine.Event) {
	if m.budget == 0 {
		return
	}
	for _, f := range facts {
		ref := engine.AttemptRef{Stage: f.ID.Stage, Attempt: f.ID.Attempt}
		switch f.Kind {
		case engine.Allocated:
			h, err := read[held](f.Data)
			o, found := ordersOf(machine.Stage(ref.Stage), ref.Attempt)
			if err == nil && found {
				m.live[ref], m.orders[ref] = h, o
			}
		case engine.Released:
			delete(m.live, ref)
			delete(m.orders, ref)
		case engine.Overspent:
			m.budget = 0 // said once
			return
		}
	}
}

func ordersOf(view engine.StageView, attempt int) (orders, bool) {
	for _, a := range view.Attempts {
		if a.Attempt == attempt {
			o, err := read[orders](a.Assignment.Data)
			return o, err == nil
		}
	}
	return orders{}, false
}

// exhausted is when what is spent and what runs may come to the budget, if all goes on as it is, and not before; false when
// they never do. What is billed in long steps is looked at again when a step is over.
func (m *meter) exhausted(spent Money, now time.Time) (time.Time, bool) {
	if m.budget == 0 || len(m.live) == 0 {
		return time.Time{}, false
	}
	left, perHour := float64(m.budget-spent), 0.0
	for ref, h := range m.live {
		o := m.orders[ref]
		cost, err := priceOf(o, now.Sub(h.Since))
		if err != nil {
			return now, true // more than can be counted
		}
		left -= float64(cost)
		hour, err := priceOf(o, now.Sub(h.Since)+time.Hour)
		if err == nil {
			perHour += float64(hour - cost)
		}
	}
	switch {
	case left < 0:
		return now, true
	case perHour <= 0:
		return m.step(now)
	}
	hours := left / perHour
	if hours > float64(math.MaxInt64)/float64(2*time.Hour) {
		return time.Time{}, false
	}
	return now.Add(time.Duration(hours*float64(time.Hour)) + time.Millisecond), true
}

// step is when the first of what runs, of which none is billed by the hour or less, has used up what it is billed for.
func (m *meter) step(now time.Time) (first time.Time, some bool) {
	for ref, h := range m.live {
		o := m.orders[ref].Offering
		if o.Unit != catalog.PerHour || o.Price == 0 && o.Commitment.Upfront == 0 {
			continue
		}
		end := h.Since.Add(o.Billed(max(now.Sub(h.Since), 1)))
		if !some || end.Before(first) {
			first, some = end, true
		}
	}
	return first.Add(time.Millisecond), some
}

// overspent is the fact that the budget is used up, when it is.
func (m *meter) overspent(spent Money, now time.Time) (engine.Event, bool) {
	at, some := m.exhausted(spent, now)
	if !some || at.After(now) {
		return engine.Event{}, false
	}
	return engine.Event{Kind: engine.Overspent, Reason: fmt.Sprintf("what was spent and what runs have come to the budget of %s", m.budget)}, true
}
