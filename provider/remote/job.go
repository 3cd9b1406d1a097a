package remote

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/secret"
)

// Job is a task as the wrapper runs it.
type Job struct {
	Key     string                   // names the task in its allocation: letters, digits, "-", "_"
	Argv    []string                 // the command; a first word without "/" is looked up on the task's PATH
	Env     map[string]string        // added to what the shell has; may be seen on disk
	Secrets map[string]secret.Secret // added too, through stdin into the environment only
	Record  []byte                   // content of task.json
	Fresh   []string                 // folders made empty before the command starts
	Parents []string                 // folders made, when missing, before the command starts
	Serve   bool                     // becomes Ready
	Health  []string                 // exits 0 once a Serve job is Ready; empty = as soon as it runs
	Cleanup []string                 // run after the command was ended by a signal; empty = nothing
	Grace   time.Duration            // between TERM and KILL; 0 = 10 s
	Timeout time.Duration            // the command is ended after that; 0 = never
	Epoch   uint64                   // of the broker that starts it
}

// DefaultGrace is how long a command has between TERM and KILL when the job does not say.
const DefaultGrace = 10 * time.Second

// reserved are variables that some shell keeps for itself and does not let be set.
func reserved() []string {
	return []string{"_", "BASHOPTS", "BASH_VERSINFO", "EUID", "LINENO", "OPTIND", "PPID", "SHELLOPTS", "UID"}
}

// check finds what a shell could not carry byte for byte.
func (j Job) check() error {
	switch {
	case !validKey(j.Key):
		return fmt.Errorf("task key %q: want letters, digits, _ and, but at the start, -", j.Key)
	case len(j.Argv) == 0 || j.Argv[0] == "" || j.Argv[0][0] == '-':
		return fmt.Errorf("command %q: its first word must name a program", j.Argv)
	case j.Epoch > math.MaxInt64:
		return fmt.Errorf("epoch %d is too large", j.Epoch)
	case j.Grace < 0 || j.Timeout < 0:
		return fmt.Errorf("grace %v and timeout %v must not be negative", j.Grace, j.Timeout)
	}
	for _, words := range [][]string{j.Argv, j.Fresh, j.Parents, j.Health, j.Cleanup, {string(j.Record)}} {
		if i := slices.IndexFunc(words, hasNUL); i >= 0 {
			return fmt.Errorf("%q holds a NUL", words[i])
		}
	}
	return j.checkEnv()
}

func (j Job) checkEnv() error {
	for _, name := range keys(j.Env) {
		if err := checkVariable(name, j.Env[name]); err != nil {
			return err
		}
	}
	for _, name := range keys(j.Secrets) {
		if err := checkVariable(name, j.Secrets[name].Reveal()); err != nil {
			return err
		}
	}
	return nil
}

// checkVariable never shows the value, which may be secret.
func checkVariable(name, value string) error {
	switch {
	case !validName(name):
		return fmt.Errorf("environment variable %q: want letters, digits and _, not starting with a digit", name)
	case slices.Contains(reserved(), name):
		return fmt.Errorf("environment variable %s is the shell's own and cannot be set", name)
	case hasNUL(value):
		return fmt.Errorf("environment variable %s: its value holds a NUL", name)
	}
	return nil
}

func hasNUL(s string) bool { return strings.ContainsRune(s, 0) }

func validName(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) }) < 0
}

func validKey(s string) bool {
	return s != "" && s[0] != '-' && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool { return r != '-' && !wordRune(r) }) < 0
}

func wordRune(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func keys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text is the wrapper's whole program. It goes to the shell's stdin and, holding the secrets, nowhere else.
func (j Job) text() string {
	var b strings.Builder
	b.WriteString(terse(processScript))
	assign(&b, "grace", seconds(orDefault(j.Grace, DefaultGrace)))
	assign(&b, "limit", seconds(j.Timeout))
	assign(&b, "serve", flag(j.Serve))
	assign(&b, "checked", flag(len(j.Health) > 0))
	define(&b, "record", "printf %s "+Quote(string(j.Record)))
	define(&b, "fresh", j.folders()...)
	define(&b, "setup", j.setup()...)
	define(&b, "run", `exec ${setsid:+"$setsid"} `+QuoteAll(j.Argv))
	define(&b, "health", QuoteAll(j.Health))
	define(&b, "cleanup", j.cleanup())
	b.WriteString(terse(wrapperScript))
	return b.String()
}

func (j Job) folders() []string {
	var lines []string
	if len(j.Fresh) > 0 {
		lines = append(lines, "rm -rf -- "+QuoteAll(j.Fresh))
	}
	if all := slices.Concat(j.Fresh, j.Parents); len(all) > 0 {
		lines = append(lines, "mkdir -p -- "+QuoteAll(all))
	}
	return lines
}

func (j Job) setup() []string {
	lines := []string{"cd work", "unset OLDPWD"}
	for _, name := range keys(j.Env) {
		lines = append(lines, "export "+name+"="+Quote(j.Env[name]))
	}
	for _, name := range keys(j.Secrets) {
		lines = append(lines, "export "+name+"="+Quote(j.Secrets[name].Reveal()))
	}
	return lines
}

func (j Job) cleanup() string {
	if len(j.Cleanup) == 0 {
		return ""
	}
	return `[ "$1" -le 128 ] || ` + QuoteAll(j.Cleanup) + " >/dev/null 2>&1"
}

func assign(b *strings.Builder, name, value string) { b.WriteString(name + "=" + Quote(value) + "\n") }

// define writes a shell function. Its commands are joined so that the first that fails ends it.
func define(b *strings.Builder, name string, commands ...string) {
	body := strings.Join(slices.DeleteFunc(commands, func(c string) bool { return c == "" }), " &&\n")
	if body == "" {
		body = ":"
	}
	b.WriteString(name + "() {\n" + body + "\n}\n")
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func invalid(op string, err error) *fault.Error {
	return &fault.Error{Op: op, Kind: fault.Invalid, Err: err}
}
