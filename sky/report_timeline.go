package sky

import (
	"cmp"
	"slices"
	"time"
)

// timeline is the attempts of a run over its time.
type timeline struct {
	start time.Time
	total time.Duration
	rows  []timelineRow
}

type timelineRow struct {
	stage   string
	attempt AttemptReport
	spans   []timelineSpan // in the order of time
	failed  bool
}

type timelineSpan struct {
	name     string
	from, to time.Duration // since the timeline's start
}

// timeline collects the phases of all attempts. A phase that has not ended lasts until the end of what is known.
func (r *Report) timeline() timeline {
	t := timeline{start: r.Started}
	end := r.Ended
	for _, s := range r.Stages {
		for _, a := range s.Attempts {
			for _, p := range a.Phases {
				end = latest(end, latest(p.Start, p.End))
				if t.start.IsZero() || (!p.Start.IsZero() && p.Start.Before(t.start)) {
					t.start = p.Start
				}
			}
		}
	}
	if !t.start.IsZero() {
		t.total = max(0, end.Sub(t.start))
	}
	for _, s := range r.Stages {
		for _, a := range s.Attempts {
			t.rows = append(t.rows, t.row(s.Name, a))
		}
	}
	return t
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (t *timeline) row(stage string, a AttemptReport) timelineRow {
	row := timelineRow{stage: stage, attempt: a, failed: a.failed()}
	for _, p := range a.Phases {
		if p.Start.IsZero() {
			continue
		}
		s := timelineSpan{name: p.Name, from: p.Start.Sub(t.start), to: t.total}
		if !p.End.IsZero() {
			s.to = max(s.from, p.End.Sub(t.start))
		}
		row.spans = append(row.spans, s)
	}
	slices.SortStableFunc(row.spans, func(a, b timelineSpan) int { return cmp.Compare(a.from, b.from) })
	return row
}

// share is a moment as a part of the whole, 0 to 1.
func (t *timeline) share(d time.Duration) float64 {
	if t.total <= 0 {
		return 0
	}
	return min(1, max(0, float64(d)/float64(t.total)))
}

// took is the time between the first and the last moment of the row.
func (r timelineRow) took() time.Duration {
	if len(r.spans) == 0 {
		return 0
	}
	end := time.Duration(0)
	for _, s := range r.spans {
		end = max(end, s.to)
	}
	return end - r.spans[0].from
}

// ticks are round moments to mark on an axis, at most n+1 of them, the first 0.
func (t *timeline) ticks(n int) []time.Duration {
	steps := []time.Duration{
		time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
		50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
	step := steps[len(steps)-1]
	for _, s := range slices.Backward(steps) {
		if t.total/s > time.Duration(n) {
			break
		}
		step = s
	}
	for t.total/step > time.Duration(n) {
		step *= 2
	}
	marks := []time.Duration{0}
	for range t.total / step {
		marks = append(marks, marks[len(marks)-1]+step)
	}
	return marks
}

// failed reports whether the attempt did not do what it was for.
func (a AttemptReport) failed() bool {
	switch a.Outcome {
	case StageRefused, StageLost, StageUnknown, CallFailed, RunFailed:
		return true
	case StageExited:
		return a.Exit != 0
	}
	return false
}
