package sky

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// ProgressConfig says where and how a run is shown. The zero value shows nothing.
type ProgressConfig struct {
	Writer io.Writer        // nil = nowhere
	Plan   *Plan            // what is being run; nil = not known, the count of stages is then left out
	Plain  bool             // lines even on a terminal; default: live bars when Writer is a terminal
	Now    func() time.Time // for the clock beside the bars; nil = time.Now

	live    bool       // bars even when Writer is no terminal, for tests
	refresh <-chan any // draws the bars, for tests; nil = by a clock of their own
}

// Progress shows the events of a run to a person: one live bar for each stage under way on a terminal, plain lines
// elsewhere. No colours are used. Its methods may be called by several goroutines.
type Progress struct {
	mu      sync.Mutex
	w       io.Writer
	plan    *Plan
	bars    *bars // nil = plain lines
	started time.Time
	last    map[string]int // the tenth of its work up to which a stage has been told of
	err     error
	closed  bool
}

// NewProgress begins to show a run. Close must be called in the end.
func NewProgress(c ProgressConfig) *Progress {
	p := &Progress{w: c.Writer, plan: c.Plan, last: map[string]int{}}
	if p.w == nil {
		p.w = io.Discard
	}
	file, isFile := p.w.(*os.File)
	onTerminal := isFile && term.IsTerminal(int(file.Fd()))
	if c.live || (onTerminal && !c.Plain) {
		p.bars = newBars(c)
	}
	return p
}

// Follow handles events until the run's last one or an error, which it returns, and closes the progress.
func (p *Progress) Follow(events iter.Seq2[Event, error]) error {
	for e, err := range events {
		if err != nil {
			_ = p.Close() // the run's own error matters more
			return err
		}
		p.Handle(e)
		if e.Last() {
			break
		}
	}
	return p.Close()
}

// Handle shows one event. After Close it does nothing.
func (p *Progress) Handle(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if p.started.IsZero() {
		p.started = e.Time
	}
	if p.bars != nil {
		p.bars.handle(e)
		return
	}
	if line := p.line(e); line != "" {
		_, err := fmt.Fprintf(p.w, "%-8s %s\n", "+"+span(max(0, e.Time.Sub(p.started))), line)
		p.err = cmp.Or(p.err, err)
	}
}

// Close draws the last state and ends what Progress began. It returns the first error of the writer. Calling it again
// does nothing.
func (p *Progress) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.bars != nil {
		p.err = p.bars.close()
	}
	p.closed = true
	return p.err
}

// line is what to print of an event; "" when it is not worth a line.
func (p *Progress) line(e Event) string {
	switch e.Kind {
	case StageProgress:
		tenth := int(e.Fraction * 10)
		if tenth <= p.last[e.Stage] || tenth >= 10 {
			return ""
		}
		p.last[e.Stage] = tenth
	case StageAllocating, StageRetrying:
		delete(p.last, e.Stage)
	case StageExited:
		if e.Exit == 0 {
			return "" // sealed and done follow
		}
	case StageMoved, StageAllocated, StageSealed:
		return ""
	}
	return e.line()
}

// line is the event as one line for a person, without its time.
func (e Event) line() string {
	var b strings.Builder
	if e.Stage != "" {
		b.WriteString(e.Stage)
		if e.Attempt > 1 {
			fmt.Fprintf(&b, " (try %d)", e.Attempt)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.says())
	return clean(b.String())
}

// says is the event's own words.
func (e Event) says() string {
	parts := []string{string(e.Kind)}
	add := func(ok bool, format string, args ...any) {
		if ok {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(e.Kind == StageProgress && e.Fraction > 0, "%.0f%%", e.Fraction*100)
	add(e.Kind == StageExited, "with %d", e.Exit)
	add(e.Offering != "" && isOneOf(e.Kind, StageAllocating, StageAllocated, StageRefused), "%s", e.Offering)
	add(e.Place != "" && !isOneOf(e.Kind, StageProgress, StageRetrying), "%s %s", preposition(e.Kind), shortPlace(e.Place))
	add(e.Bytes > 0, "(%s)", e.Bytes)
	add(e.Cost != 0, "for %s", digitsFor(e.Cost).text(e.Cost))
	text := strings.Join(parts, " ")
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func preposition(k EventKind) string {
	if isOneOf(k, StageMoving, StageMoved) {
		return "to"
	}
	return "at"
}

func isOneOf(k EventKind, kinds ...EventKind) bool { return slices.Contains(kinds, k) }
