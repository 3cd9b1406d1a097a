package fake_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/providertest"
)

// mutant is a cloud that breaks the contract in one method; the rest is the good cloud's.
type mutant struct {
	*fake.Cloud
	allocate func(context.Context, provider.Request) (provider.Allocation, error)
	describe func(context.Context, provider.Handle) (provider.Allocation, error)
	release  func(context.Context, provider.Handle) error
	list     func(context.Context, string) iter.Seq2[provider.Allocation, error]
	start    func(context.Context, provider.Handle, provider.Task) error
	poll     func(context.Context, []provider.Ref) iter.Seq2[provider.TaskStatus, error]
	cancel   func(context.Context, provider.Ref) error
	logs     func(context.Context, provider.Ref, provider.LogOptions, io.Writer) error
}

func (m *mutant) Allocate(ctx context.Context, req provider.Request) (provider.Allocation, error) {
	return m.allocate(ctx, req)
}

func (m *mutant) Describe(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
	return m.describe(ctx, h)
}

func (m *mutant) Release(ctx context.Context, h provider.Handle) error { return m.release(ctx, h) }

func (m *mutant) Allocations(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
	return m.list(ctx, owner)
}

func (m *mutant) Start(ctx context.Context, h provider.Handle, task provider.Task) error {
	return m.start(ctx, h, task)
}

func (m *mutant) Poll(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
	return m.poll(ctx, refs)
}

func (m *mutant) Cancel(ctx context.Context, ref provider.Ref) error { return m.cancel(ctx, ref) }

func (m *mutant) Logs(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
	return m.logs(ctx, ref, opts, w)
}

func newMutant(c *fake.Cloud) *mutant {
	return &mutant{c, c.Allocate, c.Describe, c.Release, c.Allocations, c.Start, c.Poll, c.Cancel, c.Logs}
}

// statuses changes what Poll yields, one by one.
func (m *mutant) statuses(change func(*provider.TaskStatus)) {
	m.poll = func(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
		return func(yield func(provider.TaskStatus, error) bool) {
			for s, err := range m.Cloud.Poll(ctx, refs) {
				if change(&s); !yield(s, err) {
					return
				}
			}
		}
	}
}

// breakage is a way to break the contract, and the test of the suite that must notice.
type breakage struct {
	caught string
	mutate func(*mutant)
}

func allocationMutants() map[string]breakage {
	return map[string]breakage{
		"makes another each time": {"Allocate is idempotent by key", func(m *mutant) {
			n := 0
			m.allocate = func(ctx context.Context, req provider.Request) (provider.Allocation, error) {
				n++
				req.Key += strings.Repeat("x", n)
				return m.Cloud.Allocate(ctx, req)
			}
		}},
		"takes a used key": {"Allocate under a used key is Conflict", func(m *mutant) {
			m.allocate = func(ctx context.Context, req provider.Request) (provider.Allocation, error) {
				if a, err := m.Cloud.Describe(ctx, req.Handle()); err == nil {
					return a, nil
				}
				return m.Cloud.Allocate(ctx, req)
			}
		}},
		"takes the epoch for part of the request": {"Allocate again from a later epoch is the same request", func(m *mutant) {
			m.allocate = func(ctx context.Context, req provider.Request) (provider.Allocation, error) {
				if req.Epoch > 7 {
					return provider.Allocation{}, &fault.Error{Op: "allocate", Cloud: "fake", Kind: fault.Conflict}
				}
				return m.Cloud.Allocate(ctx, req)
			}
		}},
		"forgets the labels": {"Allocate gives the facts of the request back", func(m *mutant) {
			m.describe = func(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
				a, err := m.Cloud.Describe(ctx, h)
				a.Labels = nil
				return a, err
			}
		}},
		"is sure too soon": {"Describe of the absent is Unknown within the settle window", func(m *mutant) {
			m.describe = func(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
				h.IssuedAt = time.Time{}
				return m.Cloud.Describe(ctx, h)
			}
		}},
		"is never sure": {"Describe of the absent is NotFound after the settle window", func(m *mutant) {
			m.describe = func(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
				h.IssuedAt = start.Add(1000 * time.Hour)
				return m.Cloud.Describe(ctx, h)
			}
		}},
		"needs its ID": {"Describe needs no ID and no first host", func(m *mutant) {
			m.describe = func(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
				if h.ID == "" {
					h.Key = ""
				}
				return m.Cloud.Describe(ctx, h)
			}
		}},
		"keeps state of its own": {"State is found again by another host", func(m *mutant) {
			mine := map[string]bool{}
			m.allocate = func(ctx context.Context, req provider.Request) (provider.Allocation, error) {
				mine[req.Key] = true
				return m.Cloud.Allocate(ctx, req)
			}
			m.list = func(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
				return func(yield func(provider.Allocation, error) bool) {
					for a, err := range m.Cloud.Allocations(ctx, owner) {
						if mine[a.Handle.Key] && !yield(a, err) {
							return
						}
					}
				}
			}
		}},
		"complains of an empty release": {"Release of the never allocated is nil and lasts", func(m *mutant) {
			m.release = func(ctx context.Context, h provider.Handle) error {
				if _, err := m.Cloud.Describe(ctx, h); err != nil {
					return err
				}
				return m.Cloud.Release(ctx, h)
			}
		}},
		"forgets an empty release": {"Release of the never allocated is nil and lasts", func(m *mutant) {
			m.release = func(ctx context.Context, h provider.Handle) error {
				if _, err := m.Cloud.Describe(ctx, h); err == nil {
					return m.Cloud.Release(ctx, h)
				}
				return nil
			}
		}},
		"lists only half": {"Allocations leave out what is Gone", func(m *mutant) {
			m.list = func(ctx context.Context, owner string) iter.Seq2[provider.Allocation, error] {
				return func(yield func(provider.Allocation, error) bool) {
					for a, err := range m.Cloud.Allocations(ctx, owner) {
						yield(a, err)
						return
					}
				}
			}
		}},
		"lists what is not hers": {"Allocations are those of the owner", func(m *mutant) {
			m.list = func(context.Context, string) iter.Seq2[provider.Allocation, error] {
				return func(yield func(provider.Allocation, error) bool) {
					for _, a := range m.Live() {
						if !yield(a, nil) {
							return
						}
					}
				}
			}
		}},
	}
}

func taskMutants() map[string]breakage {
	return map[string]breakage{
		"starts again after the exit": {"Start is idempotent after the exit", func(m *mutant) {
			n := 0
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				if n++; n > 1 {
					return &fault.Error{Op: "start", Cloud: "fake", Kind: fault.Conflict}
				}
				return m.Cloud.Start(ctx, h, task)
			}
		}},
		"obeys the past": {"Start from a lower epoch is Conflict", func(m *mutant) {
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				task.Epoch = 100
				return m.Cloud.Start(ctx, h, task)
			}
		}},
		"runs one task only": {"Start several tasks in turn", func(m *mutant) {
			n := 0
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				if n++; n > 1 {
					return nil
				}
				return m.Cloud.Start(ctx, h, task)
			}
		}},
		"answers in its own order": {"Poll keeps the order and answers for each ref", func(m *mutant) {
			m.poll = func(ctx context.Context, refs []provider.Ref) iter.Seq2[provider.TaskStatus, error] {
				refs = slices.Clone(refs)
				slices.Reverse(refs)
				return m.Cloud.Poll(ctx, refs)
			}
		}},
		"takes the unknown for lost": {"Poll says NotFound for a task proven not to exist", func(m *mutant) {
			m.statuses(func(s *provider.TaskStatus) {
				if s.Err != nil {
					s.State = provider.TaskLost
				}
			})
		}},
		"takes signals for codes": {"Poll tells 128+n for a signal", func(m *mutant) {
			m.statuses(func(s *provider.TaskStatus) { s.Exit %= 128 })
		}},
		"complains of a late cancel": {"Cancel of what has ended or never was is nil", func(m *mutant) {
			m.cancel = func(ctx context.Context, ref provider.Ref) error {
				for s := range m.Cloud.Poll(ctx, []provider.Ref{ref}) {
					if s.Err != nil {
						return s.Err
					}
				}
				return m.Cloud.Cancel(ctx, ref)
			}
		}},
		"only ever kills": {"Cancel ends a task by its signal", func(m *mutant) {
			m.statuses(func(s *provider.TaskStatus) {
				if s.Exit == 128+15 {
					s.Exit = 128 + 9
				}
			})
		}},
	}
}

func dataMutants() map[string]breakage {
	return map[string]breakage{
		"shows all of the log": {"Logs start at the offset", func(m *mutant) {
			m.logs = func(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
				return m.Cloud.Logs(ctx, ref, provider.LogOptions{Follow: opts.Follow}, w)
			}
		}},
		"does not follow": {"Logs follow until the task ends", func(m *mutant) {
			m.logs = func(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
				return m.Cloud.Logs(ctx, ref, provider.LogOptions{Offset: opts.Offset}, w)
			}
		}},
		"loses the log on release": {"Logs work after Release", func(m *mutant) {
			m.logs = func(ctx context.Context, ref provider.Ref, opts provider.LogOptions, w io.Writer) error {
				if a, err := m.Cloud.Describe(ctx, ref.Handle); err != nil || a.State != provider.Ready {
					return &fault.Error{Op: "logs", Cloud: "fake", Kind: fault.NotFound}
				}
				return m.Cloud.Logs(ctx, ref, opts, w)
			}
		}},
		"puts secrets in labels": {"Secrets arrive and are never shown", func(m *mutant) {
			token := ""
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				token = task.Secrets["SKY_TOKEN"].Reveal()
				return m.Cloud.Start(ctx, h, task)
			}
			m.describe = func(ctx context.Context, h provider.Handle) (provider.Allocation, error) {
				a, err := m.Cloud.Describe(ctx, h)
				a.Labels["token"] = token
				return a, err
			}
		}},
		"splits arguments": {"Arguments arrive byte for byte", func(m *mutant) {
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				task.Argv = strings.Fields(strings.Join(task.Argv, " "))
				return m.Cloud.Start(ctx, h, task)
			}
		}},
		"drops the outputs": {"Inputs and outputs go through the buckets", func(m *mutant) {
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				task.Outputs = nil
				return m.Cloud.Start(ctx, h, task)
			}
		}},
		"ignores the context": {"Cancelled context ends each call", func(m *mutant) {
			m.cancel = func(_ context.Context, ref provider.Ref) error { return m.Cloud.Cancel(context.Background(), ref) }
		}},
		"returns bare errors": {"Start on the never allocated fails", func(m *mutant) {
			m.start = func(ctx context.Context, h provider.Handle, task provider.Task) error {
				if err := m.Cloud.Start(ctx, h, task); err != nil {
					return errors.New(err.Error())
				}
				return nil
			}
		}},
	}
}

func mutants() map[string]breakage {
	all := allocationMutants()
	maps.Copy(all, taskMutants())
	maps.Copy(all, dataMutants())
	return all
}

// TestMutants runs the suite on each mutant, in a process of its own, and requires that it fails where it should.
func TestMutants(t *testing.T) {
	if name := os.Getenv("FAKE_MUTANT"); name != "" {
		runMutant(t, mutants()[name].mutate)
		return
	}
	t.Parallel()
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := "TestMutants/" + strings.ReplaceAll(m.caught, " ", "_")
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestMutants$/^"+regexp.QuoteMeta(m.caught)+"$")
			cmd.Env = append(os.Environ(), "FAKE_MUTANT="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite passed a cloud that %s:\n%s", name, out)
			require.Contains(t, string(out), "--- FAIL: "+test)
		})
	}
}

func runMutant(t *testing.T, mutate func(*mutant)) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		clock := fake.NewClock(start)
		cloud, h := harness(t, fake.Config{Clock: clock})
		h.New = func(*testing.T) provider.Provider {
			m := newMutant(cloud)
			mutate(m)
			return m
		}
		h.Now, h.Advance, h.Patience = clock.Now, clock.Advance, time.Second
		return h
	})
}
