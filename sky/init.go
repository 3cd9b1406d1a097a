package sky

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/openintercloud/broker/provider"
)

// Function is a Go function that stages can run, by its name.
type Function struct {
	name string
	run  func(ctx context.Context, t *Task) error
}

// Func gives a function the name that [Stage.Func] calls it by. Its context ends when the work is to end: it has the
// stage's grace time to return.
func Func(name string, run func(ctx context.Context, t *Task) error) Function {
	return Function{name, run}
}

// Init must come first in main of a host that runs Go functions as stages: such a stage re-executes the host's own
// binary. In that child process Init runs the named function and exits, 0 when it returned nil; in every other process
// it does nothing and keeps nothing.
func Init(functions ...Function) {
	if name, child := os.LookupEnv(provider.FuncVariable); child {
		if err := os.Unsetenv(provider.FuncVariable); err != nil { // else a host that the function starts would be this child again
			fmt.Fprintf(os.Stderr, "sky.Init: %v\n", err)
			os.Exit(exitFailed)
		}
		os.Exit(runFunction(name, functions))
	}
}

// Exit codes of a child process.
const (
	exitFailed  = 1
	exitUnknown = 127 // as a shell says of a command it does not know
)

func runFunction(name string, functions []Function) int {
	for _, f := range functions {
		if f.name != name || f.run == nil {
			continue
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
		defer stop()
		if err := f.run(ctx, &Task{}); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			return exitFailed
		}
		return 0
	}
	fmt.Fprintf(os.Stderr, "sky.Init: this binary has no function %q: give it to sky.Init with sky.Func\n", name)
	return exitUnknown
}

// Task is what a Go function of a stage sees of the world.
type Task struct{}

// Input is the path of an input by its own name: a directory, or a file when the dataset is one object. It is "" when
// the stage does not read it.
func (*Task) Input(name string) string { return os.Getenv(provider.InputVariable(name)) }

// Output is the path of the directory an output is to be written into. It is "" when the stage does not write it.
func (*Task) Output(name string) string { return os.Getenv(provider.OutputVariable(name)) }

// Rank is the number of this node, from 0, of Nodes that run the stage together.
func (*Task) Rank() int { n, _ := strconv.Atoi(os.Getenv("SKY_RANK")); return n }

// Nodes is the number of nodes that run the stage together.
func (*Task) Nodes() int { n, _ := strconv.Atoi(os.Getenv("SKY_NODES")); return max(n, 1) }

// Progress tells how far the work is, from 0 to 1, with a word on what it is doing. Telling too often costs the work a
// small file write each time.
func (*Task) Progress(fraction float64, note string) error {
	file := os.Getenv(provider.ProgressVariable)
	if file == "" {
		return nil
	}
	next := file + ".next"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%.4f %s\n", fraction, note), 0o600); err != nil {
		return fmt.Errorf("tell progress: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("tell progress: %w", err)
	}
	return nil
}
