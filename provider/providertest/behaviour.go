package providertest

import (
	"fmt"
	"strings"
	"time"

	"github.com/openintercloud/broker/provider"
)

// Behaviour is what a task of the suite does, one step per field, in the order of the fields. A zero field is no step.
type Behaviour struct {
	Args     []string      // is given these arguments, and prints each with "|\n" after it, byte for byte
	Print    string        // writes this to standard output, byte for byte
	Complain string        // writes this to standard error, byte for byte
	ShowEnv  []string      // prints "NAME=value\n" for each of these environment variables
	Measure  []string      // prints "NAME has N bytes\n" for each of these environment variables (ASCII values)
	Progress string        // writes this, such as "0.5 half", to the progress file
	Copy     [2]string     // copies all files from the input of the first variable to the output of the second
	Sleep    time.Duration // waits so long; the end signal ends it at once
	Then     string        // writes this to standard output
	Block    bool          // runs until it gets the end signal, which ends it with 128+15
	Stubborn bool          // runs on, deaf from the start to any signal but the kill
	Signal   int           // ends itself with this signal
	Exit     int           // ends with this exit code
}

// Script is the default of [Harness.Task]: POSIX shell text, or with Args a command line for sh.
func Script(b Behaviour) provider.Task {
	if len(b.Args) == 0 {
		return provider.Task{Script: text(b)}
	}
	show := `for a do printf '%s|\n' "$a"; done` + "\n"
	return provider.Task{Argv: append([]string{"sh", "-c", show + text(b), "sh"}, b.Args...)}
}

func text(b Behaviour) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	if b.Stubborn {
		line("trap '' TERM INT HUP")
	}
	speak(b, line)
	if b.Progress != "" {
		line(`printf '%%s\n' %s >"$%s"`, quote(b.Progress), provider.ProgressVariable)
	}
	if b.Copy[0] != "" {
		line(`if [ -d "$%[1]s" ]; then cp -R "$%[1]s"/. "$%[2]s"/; else cp "$%[1]s" "$%[2]s"/; fi || exit 99`, b.Copy[0], b.Copy[1])
	}
	wait(b, line)
	if b.Signal != 0 {
		line("kill -%d $$", b.Signal)
		line("while :; do sleep 0.2; done")
	}
	line("exit %d", b.Exit)
	return s.String()
}

// speak writes the steps that print.
func speak(b Behaviour, line func(string, ...any)) {
	if b.Print != "" {
		line("printf %%s %s", quote(b.Print))
	}
	if b.Complain != "" {
		line("printf %%s %s >&2", quote(b.Complain))
	}
	for _, name := range b.ShowEnv {
		line(`printf '%%s=%%s\n' %s "$%s"`, name, name)
	}
	for _, name := range b.Measure {
		line(`printf '%%s has %%d bytes\n' %s "${#%s}"`, name, name)
	}
}

// wait writes the steps that take time.
func wait(b Behaviour, line func(string, ...any)) {
	if b.Sleep > 0 || b.Block {
		line(`exec 2>/dev/null # some shells announce the end of their children`)
		line(`trap 'kill $!; exit 143' TERM`)
	}
	if b.Sleep > 0 {
		line("sleep %.3f & wait $!", b.Sleep.Seconds())
	}
	if b.Then != "" {
		line("printf %%s %s", quote(b.Then))
	}
	if b.Block {
		line("while :; do sleep 3600 & wait $!; done")
	}
	if b.Stubborn {
		line("while :; do sleep 0.2; done")
	}
}

// quote makes one word of the shell out of any text without NUL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
