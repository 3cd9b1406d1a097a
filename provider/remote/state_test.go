package remote

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

func TestParseExit(t *testing.T) {
	t.Parallel()
	at := func(sec, nano int64) time.Time { return time.Unix(sec, nano).UTC() }
	for line, want := range map[string]Exit{
		"0 1700000000.5 1700000001.123456789\n": {0, at(1700000000, 500000000), at(1700000001, 123456789)},
		"137 1700000000.N 1700000001.N\n":       {137, at(1700000000, 0), at(1700000001, 0)},
		"126 - 1700000001":                      {126, time.Time{}, at(1700000001, 0)},
	} {
		got, err := ParseExit(line)
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
	for _, line := range []string{"", "0", "0 1", "256 1 1", "-1 1 1", "x 1 1", "0 x 1", "0 1 -", "0 1 1 1", "0 -5 1"} {
		_, err := ParseExit(line)
		require.ErrorContains(t, err, "exit", line)
	}
}

func TestParseProgress(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	for text, want := range map[string]provider.Progress{
		"":                      {At: at},
		"0.25 reading\nmore\n":  {Fraction: 0.25, Note: "reading", At: at},
		"1":                     {Fraction: 1, At: at},
		"half way":              {Note: "half way", At: at},
		"7 of 9":                {Note: "7 of 9", At: at},
		"NaN x":                 {Note: "NaN x", At: at},
		"  0.5   two  spaces  ": {Fraction: 0.5, Note: "two  spaces", At: at},
	} {
		require.Equal(t, want, ParseProgress(text, at), text)
	}
}

func TestStatusAsTheContractShowsIt(t *testing.T) {
	t.Parallel()
	ref := provider.Ref{Handle: provider.Handle{Key: "a", Place: catalog.Place{Cloud: "attic", Region: "home"}}, TaskKey: "x"}
	at := func(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
	p := &Process{12, "34", "boot"}
	for name, c := range map[string]struct {
		status Status
		want   provider.TaskStatus
		fault  error
	}{
		"absent":  {Status{}, provider.TaskStatus{}, fault.NotFound},
		"pending": {Status{Exists: true}, provider.TaskStatus{State: provider.TaskPending}, nil},
		"running": {
			Status{Exists: true, Wrapper: p, Child: p, Alive: true, Started: at(5), Progress: provider.Progress{Note: "on"}},
			provider.TaskStatus{State: provider.TaskRunning, Started: at(5), Progress: provider.Progress{Note: "on"}},
			nil,
		},
		"exited": {
			Status{Exists: true, Wrapper: p, Started: at(5), Exit: &Exit{143, at(5), at(7)}},
			provider.TaskStatus{State: provider.TaskExited, Exit: 143, Started: at(5), Ended: at(7)},
			nil,
		},
		"lost":         {Status{Exists: true, Wrapper: p}, provider.TaskStatus{State: provider.TaskLost}, fault.Transient},
		"never to run": {Status{Exists: true, Closed: true}, provider.TaskStatus{State: provider.TaskLost}, fault.Transient},
	} {
		got := c.status.Task(ref)
		if c.fault == nil {
			require.Nil(t, got.Err, name)
		} else {
			require.ErrorIs(t, got.Err, c.fault, name)
			require.Equal(t, []string{"poll", "attic", "attic/home"}, []string{got.Err.Op, got.Err.Cloud, got.Err.Place}, name)
			require.ErrorContains(t, got.Err, `task "x"`, name)
		}
		c.want.Ref, got.Err = ref, nil
		require.Equal(t, c.want, got, name)
	}
}

func TestParseStatuses(t *testing.T) {
	t.Parallel()
	text := "task a x\npid 12 34 boot\nalive\nstarted 5\nchild 13 35 boot\nprogress 0.5 on\nat 7 6\nready\n.\ntask a y\n.\n"
	all, err := parseStatuses(strings.NewReader(text), 2)
	require.NoError(t, err)
	require.Equal(t, provider.TaskReady, all[0].State())
	require.Equal(t, Process{12, "34", "boot"}, *all[0].Wrapper)
	require.Equal(t, provider.Progress{Fraction: 0.5, Note: "on", At: time.Unix(7, 0).UTC()}, all[0].Progress)
	require.Empty(t, all[1].State())
	for _, bad := range []string{"", text + "x", text[:len(text)-2], strings.Replace(text, "ready", "unready", 1), strings.Replace(text, "pid 12", "pid x", 1), "task a x\n.\n"} {
		_, err := parseStatuses(strings.NewReader(bad), 2)
		require.ErrorContains(t, err, "status", bad)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	p := &Process{2, "1", "b"}
	for want, s := range map[provider.TaskState]Status{
		"":                   {},
		provider.TaskPending: {Exists: true, Wrapper: p, Alive: true},
		provider.TaskRunning: {Exists: true, Wrapper: p, Alive: true, Child: p},
		provider.TaskReady:   {Exists: true, Wrapper: p, Alive: true, Child: p, Ready: true},
		provider.TaskExited:  {Exists: true, Wrapper: p, Exit: &Exit{}, Ready: true},
		provider.TaskLost:    {Exists: true, Wrapper: p, Child: p},
	} {
		require.Equal(t, want, s.State())
	}
	require.Equal(t, provider.TaskLost, Status{Exists: true, Closed: true}.State(), "a start that a release has cut off")
}

func FuzzParse(f *testing.F) {
	f.Add("12 34 boot\n")
	f.Add("0 1700000000.5 1700000001.1\n")
	f.Add("0.5 note")
	f.Add("task a x\npid 12 34 boot\nexit 0 1 2\n.\n")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParseProcess(text); err == nil {
			again, err := ParseProcess(p.String())
			require.NoError(t, err)
			require.Equal(t, p, again)
			require.Greater(t, p.PID, 1, "never a pid that stands for many")
		}
		if e, err := ParseExit(text); err == nil {
			require.True(t, e.Code >= 0 && e.Code < 256 && !e.Ended.IsZero())
		}
		p := ParseProgress(text, time.Time{})
		require.True(t, p.Fraction >= 0 && p.Fraction <= 1)
		if all, err := parseStatuses(strings.NewReader(text), 1); err == nil {
			require.Len(t, all, 1)
		}
	})
}
