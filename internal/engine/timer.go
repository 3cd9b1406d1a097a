package engine

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// deadline is one timer and when it is due. Seq orders those due at the same moment.
type deadline struct {
	At    time.Time `json:"at"`
	Seq   uint64    `json:"seq"`
	Timer Timer     `json:"timer"`
}

func (d deadline) before(o deadline) bool {
	if c := d.At.Compare(o.At); c != 0 {
		return c < 0
	}
	return d.Seq < o.Seq
}

// timers is a heap of deadlines in which each timer stands at most once and can be found.
type timers struct {
	pile  pile[deadline]
	where map[Timer]int
	seq   *uint64
}

func newTimers(heap *[]deadline, seq *uint64, work *int) timers {
	t := timers{where: make(map[Timer]int, len(*heap)), seq: seq}
	t.pile = pile[deadline]{heap: heap, less: deadline.before, work: work, moved: func(d deadline, i int) {
		if i < 0 {
			delete(t.where, d.Timer)
			return
		}
		t.where[d.Timer] = i
	}}
	for i, d := range *heap {
		t.where[d.Timer] = i
	}
	return t
}

// set starts a timer, or moves it.
func (t timers) set(timer Timer, at time.Time) {
	t.cancel(timer)
	*t.seq++
	t.pile.push(deadline{At: at, Seq: *t.seq, Timer: timer})
}

// cancel says whether the timer was set.
func (t timers) cancel(timer Timer) bool {
	i, set := t.where[timer]
	if set {
		t.pile.remove(i)
	}
	return set
}

// keep drops every timer that is not wanted.
func (t timers) keep(wanted func(Timer) bool) {
	all := slices.Clone(*t.pile.heap)
	for _, d := range all {
		if !wanted(d.Timer) {
			t.cancel(d.Timer)
		}
	}
}

// due collects what is due, walking only the part of the heap that is.
func (t timers) due(now time.Time, into []deadline) []deadline {
	h := *t.pile.heap
	walk := []int{0}
	for len(walk) > 0 {
		i := walk[len(walk)-1]
		walk = walk[:len(walk)-1]
		if i >= len(h) || h[i].At.After(now) {
			continue
		}
		into = append(into, h[i])
		walk = append(walk, 2*i+1, 2*i+2)
	}
	return into
}

func (t timers) next() (time.Time, bool) {
	if len(*t.pile.heap) == 0 {
		return time.Time{}, false
	}
	return (*t.pile.heap)[0].At, true
}

// backoff is how long to wait before try n+1 (n counts from 0): anything up to min(cap, base*2^n), spread by a hash
// so that many stages do not come back at once, and never less than what the cloud asked for.
func (m *Machine) backoff(id CommandID, n int, f *Fault) time.Duration {
	limit := m.rules.BackoffBase
	for k := n; k > 0 && limit < m.rules.BackoffCap; k-- {
		limit *= 2
	}
	limit = min(limit, m.rules.BackoffCap)
	wait := time.Duration(spread(m.s.Spec.Seed, id, n) % uint64(limit+1))
	if f != nil {
		wait = max(wait, f.RetryAfter)
	}
	return wait
}

// spread hashes a try of a command with the run's seed (FNV-1a, then the finisher of splitmix64).
func spread(seed uint64, id CommandID, n int) uint64 {
	h := fnv.New64a()
	var b []byte
	for _, x := range []uint64{seed, uint64(id.Stage), uint64(id.Attempt), uint64(id.N), uint64(n)} {
		for range 8 {
			b = append(b, byte(x))
			x >>= 8
		}
	}
	_, _ = h.Write(append(b, id.Verb...)) // a hash never fails to write
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// withDefaults fills in what is zero or absurd.
func (r Rules) withDefaults() Rules {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&r.Block, 10*time.Minute)
	set(&r.Provision, 15*time.Minute)
	set(&r.Grace, 10*time.Minute)
	set(&r.BackoffBase, time.Second)
	set(&r.BackoffCap, time.Minute)
	r.BackoffCap = min(r.BackoffCap, 24*time.Hour) // keeps the doubling far from overflow
	if r.MaxInFlight <= 0 {
		r.MaxInFlight = 64
	}
	if r.Tries <= 0 {
		r.Tries = 8
	}
	return r
}

// kind is the class of a fault; no fault at all is Unknown.
func (f *Fault) kind() fault.Kind {
	if f == nil {
		return fault.Unknown
	}
	return f.Kind
}
