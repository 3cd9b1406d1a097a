package remote

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
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
