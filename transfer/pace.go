package transfer

import "time"

// pace finds how many streams fill a link, from nothing but what arrives. It is a pure state machine: give it what one window of
// time brought, and it says how many streams to use in the next.
//
// It starts low and takes half as many streams again as long as each step brings at least three hundredths more: an errorless link
// gives no other sign of being full, so neither losses nor round trips are looked at. At the plateau it holds, and now and then
// tries a step up and a step down; the step down is kept when nothing is lost, so that a full link is not crowded. When what
// arrives changes by itself, the link has changed and the search begins again. A store that asks to slow down halves the streams.
type pace struct {
	least  int // never fewer, unless a store asks to slow down
	most   int
	n      int // streams now
	phase  phase
	base   float64 // bytes per second at the streams before the step, or at the plateau
	before int     // streams before the step
	rest   int     // windows to hold before the next try
	pause  int     // how long the last hold was
	odd    int     // windows in a row that were unlike the plateau
	down   bool    // the next try is a step down
}

type phase int

const (
	measure phase = iota // the first window at this number of streams
	climb                // a step up was taken
	sink                 // a step down was taken
	hold                 // at the plateau
)

const (
	firstStreams = 2
	worthUp      = 1.03 // a step up must bring at least this much
	worthDown    = 0.98 // a step down may cost at most this much
	changed      = 0.25 // what arrives differs by more than this part: another link
	firstPause   = 4    // windows between tries, doubled with each that brought nothing
	lastPause    = 16
)

func newPace(least int) pace {
	return pace{least: least, most: mostStreams, n: max(firstStreams, least)}
}

// window is what a stretch of time brought, all streams being busy.
type window struct {
	bytes     int64
	length    time.Duration
	throttled bool // a store asked to slow down
}

// next takes in a window and returns the streams for the next.
func (p *pace) next(w window) int {
	got := float64(w.bytes) / w.length.Seconds()
	switch {
	case w.throttled:
		p.n = max(1, p.n/2)
		p.settle(0)
		p.rest = p.pause
	case p.phase == measure:
		p.base = got
		p.step()
	case p.phase == climb && got >= p.base*worthUp:
		p.base, p.pause = got, 0
		p.step()
	case p.phase == climb:
		p.n = p.before
		p.settle(p.base)
	case p.phase == sink && got >= p.base*worthDown:
		p.base = max(p.base, got)
		p.stepDown()
	case p.phase == sink:
		p.n = p.before
		p.settle(p.base)
	default:
		p.holding(got)
	}
	return p.n
}

// step goes up, or settles when there is nothing above.
func (p *pace) step() {
	if p.n >= p.most {
		p.settle(p.base)
		return
	}
	p.before, p.phase = p.n, climb
	p.n = min(p.most, p.n+max(1, p.n/2))
}

func (p *pace) stepDown() {
	if p.n <= max(1, p.least) {
		p.settle(p.base)
		return
	}
	p.before, p.phase = p.n, sink
	p.n = max(p.least, p.n-max(1, p.n/4))
}

// settle holds at the present streams, longer each time.
func (p *pace) settle(base float64) {
	p.pause = min(lastPause, max(firstPause, 2*p.pause))
	p.phase, p.base, p.rest, p.odd = hold, base, p.pause, 0
}

// holding watches for a changed link and lets the rest run out.
func (p *pace) holding(got float64) {
	if p.base == 0 { // after a throttle: the first quiet window is the plateau
		p.base = got
	}
	if got < p.base*(1-changed) || got > p.base*(1+changed) {
		p.odd++
	} else {
		p.odd = 0
		p.base += (got - p.base) / 8 // a slow drift is no change
	}
	if p.odd >= 2 {
		p.base, p.pause, p.odd, p.down = got, 0, 0, got < p.base && !p.down
		p.step()
		return
	}
	if p.rest--; p.rest > 0 {
		return
	}
	if p.down = !p.down; p.down {
		p.stepDown()
	} else {
		p.step()
	}
}
