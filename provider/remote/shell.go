package remote

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"time"
)

// Shell runs POSIX shell text on a machine. Implementations are safe for concurrent use.
type Shell interface {
	// Run runs cmd and returns its exit code. An error means that the code could not be learnt: the text may have run,
	// in part or whole. When ctx ends, Run returns; what the text has set off in the background goes on.
	Run(ctx context.Context, cmd Command) (code int, err error)
}

// Command is shell text with its streams.
type Command struct {
	Script string    // for sh -c; seen by other users of the machine, so never a secret
	Stdin  io.Reader // nil = empty
	Stdout io.Writer // nil = thrown away
	Stderr io.Writer // nil = thrown away
}

// Exec is the shell of this machine. The zero value runs the sh on the PATH with the environment of this process.
type Exec struct {
	Env []string // "NAME=value"; nil = that of this process
}

// How long to go on reading the streams of a shell that has ended, when something it set off holds them open.
const streamDelay = 2 * time.Second

// Run runs cmd with sh.
func (e Exec) Run(ctx context.Context, cmd Command) (int, error) {
	c := exec.CommandContext(ctx, "sh", "-c", cmd.Script)
	c.Env, c.Stdin, c.Stdout, c.Stderr, c.WaitDelay = e.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr, streamDelay
	err := c.Run()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}
