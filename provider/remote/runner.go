package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Runner starts tasks on a machine and finds them again. It holds no state, and is safe for concurrent use, also by
// several hosts at once. Its errors are *fault.Error without a cloud and place, which [fault.At] adds.
type Runner struct {
	Shell    Shell         // how to reach the machine; required
	Root     string        // absolute folder on the machine, which must be there and be closed to other users; required
	Interval time.Duration // how often Logs asks for more when it follows; 0 = 1 s
}

// ID names a task of an allocation.
type ID struct{ Allocation, Task string }

func (id ID) check(op string) error {
	if !validKey(id.Allocation) || !validKey(id.Task) {
		return invalid(op, fmt.Errorf("keys %q and %q: want letters, digits, - and _", id.Allocation, id.Task))
	}
	return nil
}

// Open makes the allocation's folder, with a lease after which its tasks end themselves; the zero time is no lease.
// Again it notes the epoch and moves the lease, only to a later time. A released allocation is Conflict.
func (r Runner) Open(ctx context.Context, allocation string, until time.Time, epoch uint64) error {
	const op = "open allocation"
	if !validKey(allocation) || epoch > math.MaxInt64 {
		return invalid(op, fmt.Errorf("allocation %q, epoch %d", allocation, epoch))
	}
	return r.do(ctx, op, openScript, variables{
		"allocation", allocation, "epoch", strconv.FormatUint(epoch, 10), "until", lease(until),
	}, nil, nil)
}

// Extend moves the lease of an allocation to a later time. An earlier one changes nothing, nor does any when there is
// no lease.
func (r Runner) Extend(ctx context.Context, allocation string, until time.Time) error {
	const op = "extend"
	if !validKey(allocation) {
		return invalid(op, fmt.Errorf("allocation %q", allocation))
	}
	return r.do(ctx, op, extendScript, variables{"allocation", allocation, "until", lease(until)}, nil, nil)
}

// lease is a time as lease files hold it: whole seconds, rounded up.
func lease(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	sec := t.Unix()
	if t.Nanosecond() > 0 {
		sec++
	}
	return strconv.FormatInt(sec, 10)
}

// Start runs a job on an open allocation and returns once its wrapper has it. A job of the same key that was started
// before is left alone, also when it has ended. An allocation that was never opened is NotFound; one that was released,
// or has seen a higher epoch, is Conflict.
func (r Runner) Start(ctx context.Context, allocation string, job Job) error {
	const op = "start"
	if err := job.check(); err != nil {
		return invalid(op, err)
	}
	if err := (ID{allocation, job.Key}).check(op); err != nil {
		return err
	}
	return r.do(ctx, op, startScript, variables{
		"allocation", allocation, "task", job.Key, "epoch", strconv.FormatUint(job.Epoch, 10),
	}, strings.NewReader(job.text()), nil)
}

// Status tells what is known of tasks, in the order given.
func (r Runner) Status(ctx context.Context, ids []ID) ([]Status, error) {
	const op = "poll"
	if len(ids) == 0 {
		return nil, nil
	}
	var in strings.Builder
	for _, id := range ids {
		if err := id.check(op); err != nil {
			return nil, err
		}
		fmt.Fprintf(&in, "%s %s\n", id.Allocation, id.Task)
	}
	var out bytes.Buffer
	if err := r.do(ctx, op, statusScript, nil, strings.NewReader(in.String()), &out); err != nil {
		return nil, err
	}
	all, err := parseStatuses(&out, len(ids))
	if err != nil {
		return nil, &fault.Error{Op: op, Kind: fault.Unknown, Ambiguous: true, Err: err}
	}
	return all, nil
}

// Cancel asks a task to end: TERM to its process group, and KILL after its grace time. It returns once asked. Nothing
// happens to a task that has ended or never was.
func (r Runner) Cancel(ctx context.Context, id ID) error {
	const op = "cancel"
	if err := id.check(op); err != nil {
		return err
	}
	return r.do(ctx, op, cancelScript, variables{"allocation", id.Allocation, "task", id.Task}, nil, nil)
}

// Release ends all tasks of an allocation at once, without grace, closes it for good, and returns when their processes
// are proven gone. Logs and exits stay. An allocation that was never opened is closed all the same.
func (r Runner) Release(ctx context.Context, allocation string) error {
	const op = "release"
	if !validKey(allocation) {
		return invalid(op, fmt.Errorf("allocation %q", allocation))
	}
	return r.do(ctx, op, releaseScript, variables{"allocation", allocation}, nil, nil)
}

// Logs copies what a task has printed to w, as [provider.Provider] says.
func (r Runner) Logs(ctx context.Context, id ID, opts provider.LogOptions, w io.Writer) error {
	const op = "logs"
	if err := id.check(op); err != nil {
		return err
	}
	counted := &counter{w: w, n: max(opts.Offset, 0)}
	for {
		over, err := r.moreLogs(ctx, op, id, counted)
		if err != nil || over || !opts.Follow {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(orDefault(r.Interval, time.Second)):
		}
	}
}

// exitOver is the exit code of the logs script when the task has ended.
const exitOver = 10

func (r Runner) moreLogs(ctx context.Context, op string, id ID, w *counter) (over bool, err error) {
	code, err := r.run(ctx, op, logsScript, variables{
		"allocation", id.Allocation, "task", id.Task, "from", strconv.FormatInt(w.n+1, 10),
	}, nil, w)
	switch {
	case w.err != nil: // the shell reports the script's exit code rather than this
		return false, w.err
	case err == nil && code != exitOver:
		err = failure(op, code, "")
	}
	return code == exitOver, err
}

type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = err
	return n, err
}
