package sky

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/transfer"
)

// Logs writes what the stage's newest attempt has printed, both streams in order of arrival. With Nodes it is what the
// first node has. It works while the stage runs and after its machines are gone, as long as the cloud keeps logs.
func (r *Run) Logs(ctx context.Context, stage string, w io.Writer) error {
	s := r.plan.Job.stage(stage)
	if s == nil {
		return fmt.Errorf("logs: run %q has no stage %q", r.id, stage)
	}
	e, ok := r.newest(s)
	if !ok {
		return fmt.Errorf("logs: stage %q of run %q has not run yet", stage, r.id)
	}
	h, err := read[held](e.cmd.Data)
	if err != nil {
		return err
	}
	p, err := r.exec.provider(e.cmd.Assignment.Cloud)
	if err != nil {
		return err
	}
	if err := p.Logs(ctx, provider.Ref{Handle: h.Handle, TaskKey: r.exec.taskKey(e, 0)}, provider.LogOptions{}, w); err != nil {
		return fmt.Errorf("logs of stage %q: %w", stage, err)
	}
	return nil
}

// newest is the last attempt of a stage that had machines.
func (r *Run) newest(s *Stage) (errand, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.pos >= r.machine.Len() {
		return errand{}, false // the plan is not taken in yet, or was refused
	}
	for _, a := range slices.Backward(r.machine.Stage(s.pos).Attempts) {
		o, err := read[orders](a.Assignment.Data)
		if err != nil || len(a.Allocation) == 0 {
			continue
		}
		return errand{orders: o, cmd: engine.Command{
			ID: engine.CommandID{Stage: s.pos, Attempt: a.Attempt, Verb: engine.Run}, Assignment: &a.Assignment, Data: a.Allocation,
		}}, true
	}
	return errand{}, false
}

// Artifact says where an output is, by "stage/output", once its stage is done: the URL its objects lie under, and what
// they are.
func (r *Run) Artifact(name string) (url string, m transfer.Manifest, err error) {
	o := r.plan.Job.output(name)
	if o == nil {
		return "", m, fmt.Errorf("run %q has no output %q", r.id, name)
	}
	found := map[string]sealedOutput{}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.committed(name, found); err != nil {
		return "", m, err
	}
	out, ok := found[name]
	if !ok {
		return "", m, fmt.Errorf("output %q of run %q is not there yet", name, r.id)
	}
	return out.URL, out.Manifest, nil
}
