package remote

import (
	_ "embed" // the shell texts
	"strings"
)

// The shell texts are files of their own, to be read, and checked, as shell.
var (
	//go:embed scripts/process.sh
	processScript string
	//go:embed scripts/wrapper.sh
	wrapperScript string
	//go:embed scripts/start.sh
	startScript string
	//go:embed scripts/status.sh
	statusScript string
	//go:embed scripts/cancel.sh
	cancelScript string
	//go:embed scripts/release.sh
	releaseScript string
	//go:embed scripts/logs.sh
	logsScript string
	//go:embed scripts/extend.sh
	extendScript string
	//go:embed scripts/open.sh
	openScript string
)

// variables are name and value in turn, to be set before a script.
type variables []string

// script puts a script together: the root to work in, its variables, the functions it uses.
func (r Runner) script(body string, vars variables) string {
	var b strings.Builder
	assign(&b, "root", r.Root)
	b.WriteString("cd \"$root\" || exit 74\n")
	for i := 0; i+1 < len(vars); i += 2 {
		assign(&b, vars[i], vars[i+1])
	}
	b.WriteString(terse(processScript))
	b.WriteString(terse(body))
	return b.String()
}

// terse leaves out a script's comment lines and indentation, which slow a shell down.
func terse(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		if line = strings.TrimLeft(line, "\t"); line[0] != '#' && line != "\n" {
			b.WriteString(line)
		}
	}
	return b.String()
}
