package sky

import (
	"fmt"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// barTotal is a bar's full length; Fraction is scaled to it.
const barTotal = 1000

// bars is the live form of [Progress]: a bar for each stage under way, and a line for the whole run below them. A stage
// that is done scrolls up and stays.
type bars struct {
	now    func() time.Time
	screen *mpb.Progress
	whole  *mpb.Bar
	stages map[string]*stageBar
	order  []*stageBar
	head   words
	done   int
	total  int // 0 = not known
	spent  Money
	began  time.Time
}

type stageBar struct {
	bar  *mpb.Bar
	says words
	done bool
}

// words are set by one goroutine and read by the one that draws.
type words struct {
	mu sync.Mutex
	s  string
}

func (t *words) set(s string) { t.mu.Lock(); t.s = s; t.mu.Unlock() }
func (t *words) get() string  { t.mu.Lock(); defer t.mu.Unlock(); return t.s }

func newBars(c ProgressConfig) *bars {
	b := &bars{now: c.Now, stages: map[string]*stageBar{}}
	if b.now == nil {
		b.now = time.Now
	}
	if c.Plan != nil {
		b.total = len(c.Plan.Stages)
	}
	options := []mpb.ContainerOption{mpb.WithOutput(c.Writer), mpb.PopCompletedMode(), mpb.WithAutoRefresh()}
	if c.refresh != nil {
		options = append(options, mpb.WithManualRefresh(c.refresh))
	}
	b.screen = mpb.New(options...)
	return b
}

func (b *bars) handle(e Event) {
	if b.whole == nil {
		b.begin(e)
	}
	b.spent += e.Cost
	if e.Stage != "" {
		b.stage(e)
	} else {
		b.head.set(clean(e.says()))
	}
	if e.Last() {
		b.head.set(clean(e.says()) + "; " + b.status())
	}
}

// begin draws the line of the whole run.
func (b *bars) begin(e Event) {
	b.began = e.Time
	since := func(decor.Statistics) string {
		return "+" + span(max(0, b.now().Sub(b.began)).Round(time.Second))
	}
	b.whole = b.screen.New(0, mpb.NopStyle(), mpb.BarNoPop(), mpb.BarPriority(1<<30),
		mpb.PrependDecorators(decor.Any(since), decor.Any(func(decor.Statistics) string { return "  " + b.head.get() })))
}

func (b *bars) stage(e Event) {
	s := b.stages[e.Stage]
	again := e.Kind == StageMoving || e.Kind == StageAllocating
	if s == nil || (s.done && again) { // a done stage runs again when its outputs were lost
		s = b.add(e.Stage)
	}
	switch e.Kind {
	case StageProgress:
		s.bar.SetCurrent(min(barTotal-1, int64(max(0, e.Fraction)*barTotal)))
	case StageAllocating, StageRetrying, StageRefused, StageLost:
		s.bar.SetCurrent(0)
	case StageDone:
		b.done++
		s.finish(e)
	}
	if !s.done {
		s.says.set(clip(clean(attempt(e)+e.says()), 60))
	}
	b.head.set(b.status())
}

func (s *stageBar) finish(e Event) {
	if s.done {
		return
	}
	s.done = true
	s.says.set(clean(attempt(e) + e.says()))
	s.bar.SetCurrent(barTotal)
}

func attempt(e Event) string {
	if e.Attempt > 1 {
		return fmt.Sprintf("(try %d) ", e.Attempt)
	}
	return ""
}

func (b *bars) status() string {
	of := fmt.Sprintf("%s done", plural(b.done, "stage"))
	if b.total > 0 {
		of = fmt.Sprintf("%d of %s done", b.done, plural(b.total, "stage"))
	}
	if b.spent > 0 {
		of += ", " + digitsFor(b.spent).text(b.spent) + " spent"
	}
	return of
}

func (b *bars) add(name string) *stageBar {
	s := &stageBar{}
	style := mpb.BarStyle().Lbound("[").Filler("#").Tip("#").Padding(".").Rbound("]")
	s.bar = b.screen.New(barTotal, style, mpb.BarWidth(24), mpb.BarPriority(len(b.order)),
		mpb.PrependDecorators(decor.Name(clip(clean(name), 24), decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return s.says.get() })))
	b.stages[name] = s
	b.order = append(b.order, s)
	return s
}

// close leaves the last state on the screen.
func (b *bars) close() error {
	for _, s := range b.order {
		s.bar.Abort(false)
	}
	if b.whole != nil {
		b.whole.Abort(false)
	}
	b.screen.Wait()
	return b.screen.Error
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "~"
	}
	return s
}
