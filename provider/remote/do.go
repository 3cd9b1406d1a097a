package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/openintercloud/broker/provider/fault"
)

// do runs a script that succeeds with exit code 0.
func (r Runner) do(ctx context.Context, op, body string, vars variables, in io.Reader, out io.Writer) error {
	var said bytes.Buffer
	code, err := r.shell(ctx, op, body, vars, Command{Stdin: in, Stdout: out, Stderr: &said})
	if err != nil {
		return err
	}
	return failure(op, code, said.String())
}

// run runs a script and returns its exit code.
func (r Runner) run(ctx context.Context, op, body string, vars variables, in io.Reader, out io.Writer) (int, error) {
	return r.shell(ctx, op, body, vars, Command{Stdin: in, Stdout: out})
}

func (r Runner) shell(ctx context.Context, op, body string, vars variables, cmd Command) (int, error) {
	cmd.Script = r.script(body, vars)
	code, err := r.Shell.Run(ctx, cmd)
	if err != nil {
		return 0, &fault.Error{Op: op, Kind: fault.Transient, Ambiguous: true, Code: "the shell failed", Err: err}
	}
	return code, nil
}

// failure says what a script's exit code means. It is nil for 0.
func failure(op string, code int, said string) error {
	e := &fault.Error{Op: op}
	switch code {
	case 0:
		return nil
	case 71:
		e.Kind, e.Code = fault.NotFound, "never started there"
	case 72:
		e.Kind, e.Code = fault.Conflict, "the allocation was released"
	case 73:
		e.Kind, e.Code = fault.Conflict, "a later epoch was seen"
	case 74:
		e.Kind, e.Code = fault.Transient, "the machine's files cannot be written"
	case 75:
		e.Kind, e.Code, e.Ambiguous = fault.Transient, "the wrapper did not start", true
	case 76:
		e.Kind, e.Code = fault.Transient, "a process does not end"
	default:
		e.Kind, e.Code, e.Ambiguous = fault.Unknown, fmt.Sprintf("the script exited with %d", code), true
	}
	if said = strings.TrimSpace(said); said != "" {
		e.Err = errors.New(said)
	}
	return e
}
