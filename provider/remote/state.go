package remote

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Process is one process of one machine, told apart from all that had or will have its pid.
type Process struct {
	PID   int
	Start string // when it started, as the machine's kernel tells it
	Boot  string // which boot of the machine; "-" = not known
}

// ParseProcess reads "pid start boot", with or without an end of line.
func ParseProcess(line string) (Process, error) {
	f := strings.Fields(line)
	if len(f) != 3 {
		return Process{}, fmt.Errorf("process %.80q: want pid, start and boot", line)
	}
	pid, err := strconv.Atoi(f[0])
	if err != nil || pid <= 1 || pid > math.MaxInt32 {
		return Process{}, fmt.Errorf("process %.80q: want a pid first", line)
	}
	return Process{PID: pid, Start: f[1], Boot: f[2]}, nil
}

// String is the process as ParseProcess reads it.
func (p Process) String() string { return fmt.Sprintf("%d %s %s", p.PID, p.Start, p.Boot) }

// Exit is how a command ended.
type Exit struct {
	Code           int       // 128+n when it was ended by signal n
	Started, Ended time.Time // UTC; Started is zero when the command never ran
}

// ParseExit reads "code started ended", with or without an end of line. Times are in unix seconds, with a fraction
// where the machine's date can tell one.
func ParseExit(line string) (Exit, error) {
	f := strings.Fields(line)
	if len(f) != 3 {
		return Exit{}, fmt.Errorf("exit %.80q: want code, start and end", line)
	}
	code, err := strconv.Atoi(f[0])
	if err != nil || code < 0 || code > 255 {
		return Exit{}, fmt.Errorf("exit %.80q: want a code from 0 to 255 first", line)
	}
	var started time.Time
	if f[1] != "-" {
		if started, err = parseTime(f[1]); err != nil {
			return Exit{}, fmt.Errorf("exit %.80q: start: %w", line, err)
		}
	}
	ended, err := parseTime(f[2])
	if err != nil {
		return Exit{}, fmt.Errorf("exit %.80q: end: %w", line, err)
	}
	return Exit{code, started, ended}, nil
}

// parseTime reads unix seconds with an optional fraction. A fraction that is not digits is what a date without one
// prints, and is left out.
func parseTime(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec < 0 || sec > 1<<40 {
		return time.Time{}, fmt.Errorf("time %.40q: want unix seconds", s)
	}
	nano, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		nano = 0
	}
	return time.Unix(sec, int64(nano)).UTC(), nil
}

// ParseProgress reads what a task says of itself: a fraction from 0 to 1 and a note, either of which may be missing.
// It takes the first line only, and never fails: what it cannot read is a note.
func ParseProgress(text string, at time.Time) provider.Progress {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(strings.ToValidUTF8(line, "?"))
	p := provider.Progress{Note: line, At: at}
	first, rest, _ := strings.Cut(line, " ")
	if f, err := strconv.ParseFloat(first, 64); err == nil && f >= 0 && f <= 1 {
		p.Fraction, p.Note = f, strings.TrimSpace(rest)
	}
	return p
}

// Status is all that is known of one task.
type Status struct {
	Exists   bool     // the task was started, or a start was begun
	Closed   bool     // its allocation is being released, or was
	Wrapper  *Process // nil until it runs
	Child    *Process // the command; nil until it runs
	Alive    bool     // the wrapper runs
	Ready    bool
	Started  time.Time // zero = not known
	Exit     *Exit     // nil until the command has ended
	Progress provider.Progress
}

// State is what the status amounts to. A wrapper that is dead without an exit has taken the exit code with it: Lost.
// It is "" for a task that does not exist.
func (s Status) State() provider.TaskState {
	switch {
	case !s.Exists:
		return ""
	case s.Exit != nil:
		return provider.TaskExited
	case s.Wrapper == nil && s.Closed:
		return provider.TaskLost
	case s.Wrapper != nil && !s.Alive:
		return provider.TaskLost
	case s.Child == nil:
		return provider.TaskPending
	case s.Ready:
		return provider.TaskReady
	}
	return provider.TaskRunning
}

// Task is the status as the contract shows it, without Endpoints and Usage. A task that does not exist is NotFound, and
// one that is Lost says why.
func (s Status) Task(ref provider.Ref) provider.TaskStatus {
	t := provider.TaskStatus{Ref: ref, State: s.State(), Started: s.Started, Progress: s.Progress}
	refused := func(kind fault.Kind, code string) *fault.Error {
		return &fault.Error{
			Op: "poll", Cloud: ref.Handle.Place.Cloud, Place: ref.Handle.Place.String(), Kind: kind, Code: code,
			Err: fmt.Errorf("task %q", ref.TaskKey),
		}
	}
	switch t.State {
	case "":
		t.Err = refused(fault.NotFound, "no such task")
	case provider.TaskExited:
		t.Exit, t.Ended = s.Exit.Code, s.Exit.Ended
	case provider.TaskLost:
		t.Err = refused(fault.Transient, "the process vanished without an exit code")
	}
	return t
}

// parseStatuses reads what the status script prints: one record for each of n tasks, in the order asked.
func parseStatuses(r io.Reader, n int) ([]Status, error) {
	var all []Status
	open := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch {
		case word == "task" && !open:
			all, open = append(all, Status{}), true
		case word == "." && open:
			open = false
		case !open:
			return nil, fmt.Errorf("status: unexpected line %.80q", lines.Text())
		default:
			if err := all[len(all)-1].set(word, rest); err != nil {
				return nil, fmt.Errorf("status of task %d: %w", len(all), err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	if open || len(all) != n {
		return nil, fmt.Errorf("status: the answer was cut short after %d of %d tasks", len(all), n)
	}
	return all, nil
}

// set takes one line of a record.
func (s *Status) set(word, rest string) error {
	var err error
	switch word {
	case "closed":
		s.Closed = true
	case "pid":
		s.Exists = true
		s.Wrapper, err = optional(rest, ParseProcess)
	case "child":
		s.Child, err = optional(rest, ParseProcess)
	case "exit":
		if s.Exit, err = optional(rest, ParseExit); s.Exit != nil {
			s.Started = s.Exit.Started
		}
	case "alive":
		s.Alive = true
	case "ready":
		s.Ready = true
	case "started":
		s.Started, err = parseTime(rest)
	case "progress":
		s.Progress = ParseProgress(rest, s.Progress.At)
	case "at":
		s.Progress.At = latest(strings.Fields(rest))
	default:
		err = fmt.Errorf("unexpected line %.80q", word)
	}
	return err
}

func optional[T any](text string, parse func(string) (T, error)) (*T, error) {
	if text == "" {
		return nil, nil
	}
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

func latest(times []string) time.Time {
	var at time.Time
	for _, s := range times {
		if t, err := parseTime(s); err == nil && t.After(at) {
			at = t
		}
	}
	return at
}
