package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	. "github.com/openintercloud/broker/catalog/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func date() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }

type run = func(ctx context.Context, t *Trial, endpoint string) error

func holds(context.Context, *Trial, string) error { return nil }

func breaks(context.Context, *Trial, string) error { return errors.New("seen otherwise") }

// suite is one of checks called a, b, c and so on.
func suite(checks ...run) Suite[string] {
	s := Suite[string]{Name: "s3-api", Version: "1.2", Service: "s3"}
	for i, f := range checks {
		s.Checks = append(s.Checks, Check[string]{Name: string(rune('a' + i)), Requirement: "users rely on it", Run: f})
	}
	return s
}

func TestAFailureStopsNothing(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), suite(holds, breaks, holds, breaks), "here", date())
	require.NoError(t, err)
	require.Equal(t, []string{"b", "d"}, r.Broken())
	require.Equal(t, catalog.Verdict{State: catalog.Failed, Suite: "s3-api", Version: "1.2", At: date(), Failed: "b"}, r.Verdict())
	require.Equal(t, "seen otherwise", r.Outcomes[1].Problem)

	r, err = Run(t.Context(), suite(holds, holds), "here", date())
	require.NoError(t, err)
	require.Equal(t, catalog.Verdict{State: catalog.Passed, Suite: "s3-api", Version: "1.2", At: date()}, r.Verdict())
}

func TestEndpointThatIsDownSaysNothing(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	s := suite(holds, breaks, holds)
	s.Ready = func(context.Context, string) error { return down }
	r, err := Run(t.Context(), s, "here", date())
	require.ErrorIs(t, err, down)
	require.ErrorContains(t, err, "before the first check: the endpoint does not answer")
	require.Equal(t, catalog.Verdict{}, r.Verdict())
	require.Len(t, r.Outcomes, 3)

	asked := 0
	s.Ready = func(context.Context, string) error {
		if asked++; asked > 1 {
			return down
		}
		return nil
	}
	r, err = Run(t.Context(), s, "here", date())
	require.ErrorIs(t, err, down)
	require.Equal(t, []State{Held, Undecided, Undecided}, []State{r.Outcomes[0].State, r.Outcomes[1].State, r.Outcomes[2].State})
	require.Equal(t, "seen otherwise", r.Outcomes[1].Problem)
	require.Equal(t, "not run", r.Outcomes[2].Problem)
	require.Equal(t, catalog.Verdict{}, r.Verdict())
}

func TestWhatBrokeBeforeTheEndCounts(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Run(ctx, suite(breaks, func(ctx context.Context, _ *Trial, _ string) error {
		cancel()
		return ctx.Err()
	}, holds), "here", date())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"a"}, r.Broken())
	require.Equal(t, "a", r.Verdict().Failed)
	require.Equal(t, Undecided, r.Outcomes[2].State)
}

func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		hang := func(ctx context.Context, _ *Trial, _ string) error {
			<-ctx.Done()
			return errors.New("saw nothing")
		}
		s := suite(hang, hang, holds)
		s.Checks[1].Limit = time.Second
		r, err := Run(t.Context(), s, "here", date())
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, r.Broken())
		require.Equal(t, "not done within 1m0s: saw nothing", r.Outcomes[0].Problem)
		require.Equal(t, "not done within 1s: saw nothing", r.Outcomes[1].Problem)
		require.Equal(t, 61*time.Second, time.Since(start))
	})
}

func TestChecksCleanUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done []string
		undo := func(name string, err error) func(context.Context) error {
			return func(ctx context.Context) error {
				until, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, 30*time.Second, time.Until(until), "each has its own time, also when that of the check is over")
				done = append(done, name)
				return err
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		r, err := Run(ctx, suite(func(ctx context.Context, tr *Trial, _ string) error {
			tr.Cleanup(undo("first", errors.New("in use")))
			tr.Cleanup(undo("second", nil))
			return nil
		}, func(ctx context.Context, tr *Trial, _ string) error {
			tr.Cleanup(undo("late", nil))
			<-ctx.Done()
			return ctx.Err()
		}, func(ctx context.Context, tr *Trial, _ string) error {
			tr.Cleanup(undo("cancelled", nil))
			cancel()
			return ctx.Err()
		}), "here", date())
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, []string{"second", "first", "late", "cancelled"}, done)
		require.Equal(t, Held, r.Outcomes[0].State, "what is left behind does not change the outcome")
		require.Equal(t, "in use", r.Outcomes[0].Left)
		require.Contains(t, r.String(), "left behind: in use")
	})
}

func TestNamesAreNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	name := func(_ context.Context, tr *Trial, _ string) error {
		for range 20 {
			n := tr.Name()
			require.False(t, seen[n], n)
			require.Regexp(t, `^[a-z][a-z0-9-]{1,49}$`, n)
			require.False(t, strings.HasSuffix(n, "-"), n)
			seen[n] = true
		}
		return nil
	}
	s := suite(name, name)
	s.Checks[0].Name = "a-check-whose-name-is-much-too--long-for-most-clouds"
	for range 3 {
		_, err := Run(t.Context(), s, "here", date())
		require.NoError(t, err)
	}
	require.Len(t, seen, 120)
}

func TestUntil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		refused := errors.New("refused")
		s := suite(func(ctx context.Context, tr *Trial, _ string) error {
			return tr.Until(ctx, time.Second, func(context.Context) (string, bool, error) { asked++; return "", asked == 5, nil })
		}, func(ctx context.Context, tr *Trial, _ string) error {
			return tr.Until(ctx, time.Second, func(context.Context) (string, bool, error) { return "", false, refused })
		}, func(ctx context.Context, tr *Trial, _ string) error {
			return tr.Until(ctx, time.Second, func(ctx context.Context) (string, bool, error) {
				if until, _ := ctx.Deadline(); time.Until(until) < 2*time.Second {
					<-ctx.Done() // cut short while asking
					return "", false, ctx.Err()
				}
				return "still pending", false, nil
			})
		})
		r, err := Run(t.Context(), s, "here", date())
		require.NoError(t, err)
		require.Equal(t, 5, asked)
		require.Equal(t, Held, r.Outcomes[0].State)
		require.Equal(t, "refused", r.Outcomes[1].Problem)
		require.Equal(t, "not done within 1m0s: last seen: still pending: context deadline exceeded", r.Outcomes[2].Problem)
	})
}

func TestSuiteThatCannotJudge(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Suite[string]){
		"has no name":                       func(s *Suite[string]) { s.Name = "" },
		"has no version":                    func(s *Suite[string]) { s.Version = "" },
		"has no service":                    func(s *Suite[string]) { s.Service = "" },
		"it would pass anything":            func(s *Suite[string]) { s.Checks = nil },
		`name "A b": want small letters`:    func(s *Suite[string]) { s.Checks[0].Name = "A b" },
		`check "a": given twice`:            func(s *Suite[string]) { s.Checks = append(s.Checks, s.Checks[0]) },
		`check "a": has nothing to run`:     func(s *Suite[string]) { s.Checks[0].Run = nil },
		`check "a": say what users rely on`: func(s *Suite[string]) { s.Checks[0].Requirement = "" },
	} {
		s := suite(holds)
		change(&s)
		r, err := Run(t.Context(), s, "here", date())
		require.ErrorContains(t, err, want)
		require.Equal(t, catalog.Verdict{}, r.Verdict(), want)
	}
}

func TestResultComesBackFromJSON(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), suite(holds, breaks), "here", date())
	require.NoError(t, err)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"service": "s3", "suite": "s3-api", "version": "1.2", "at": "2026-11-24T10:00:00Z", "outcomes": [
		{"check": "a", "requirement": "users rely on it", "state": "held"},
		{"check": "b", "requirement": "users rely on it", "state": "broken", "problem": "seen otherwise"}]}`, string(text))
	var back Result
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, r, back)
}

func TestVerdictNeverPassesWhatDidNotHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		states := rapid.SliceOfN(rapid.SampledFrom([]State{Held, Broken, Undecided, ""}), 0, 6).Draw(t, "states")
		r := Result{Suite: "s", Version: "1", At: date()}
		all, broken := len(states) > 0, ""
		for i, s := range states {
			name := string(rune('a' + i))
			r.Outcomes = append(r.Outcomes, Outcome{Check: name, State: s})
			all = all && s == Held
			if s == Broken && broken == "" {
				broken = name
			}
		}
		v := r.Verdict()
		require.Equal(t, all, v.State == catalog.Passed)
		require.Equal(t, broken != "", v.State == catalog.Failed)
		require.Equal(t, broken, v.Failed)
	})
}
