package remote_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/remote"
)

// echoed is what a shell makes of quoted words: each one, with a NUL after it.
func echoed(t require.TestingT, words []string) string {
	var out bytes.Buffer
	script := "show() { printf '%s\\0' \"$@\"; }; [ $# -eq 0 ]; show " + remote.QuoteAll(words)
	code, err := remote.Exec{}.Run(tContext(t), remote.Command{Script: script, Stdout: &out})
	require.NoError(t, err)
	require.Zero(t, code)
	return out.String()
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "'", "a'b''", "$(touch x)`y`", "\\", "new\nline\n", "*?[~", "-n", "\xff\x81\x88\x01", "ünï", "!$!", "#"} {
		f.Add(s, "next")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ReplaceAll(a, "\x00", ""), strings.ReplaceAll(b, "\x00", "")
		require.Equal(t, a+"\x00"+b+"\x00", echoed(t, []string{a, b}))
	})
}

// The whole way: whatever the words and variables hold reaches the command byte for byte.
func TestCommandAndEnvironmentSurvive(t *testing.T) {
	b := newBench(t)
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")), "\x00", "")
	})
	name := rapid.StringMatching(`X_[A-Za-z0-9_]{0,8}`)
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(text, 0, 4).Draw(r, "words")
		env := rapid.MapOfN(name, text, 1, 3).Draw(r, "env")
		var argv, want []string
		argv = append(argv, "sh", "-c", `printf '%s\0' "$@"; for n in $NAMES; do eval "printf '%s\0' \"\$$n\""; done`, "sh")
		argv, want = append(argv, words...), append(want, words...)
		var names []string
		for n, v := range env {
			names, want = append(names, n), append(want, v)
		}
		env["NAMES"] = strings.Join(names, " ")
		_, out := b.wait(b.start(remote.Job{Argv: argv, Env: env}))
		if len(words) == 0 {
			want = append([]string{""}, want...) // printf without arguments prints its format once
		}
		require.Equal(r, strings.Join(want, "\x00")+"\x00", out)
	})
}
