package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/provider/remote"
)

// tools is what the wrapper needs, and prints what is missing.
const tools = `for t in cat date kill ln mkdir rm sleep tail; do command -v $t >/dev/null || echo $t; done
command -v setsid >/dev/null || [ ! -r /proc/self/stat ] || echo setsid
sleep 0.001 2>/dev/null || echo "a sleep that takes fractions"`

// Check finds out whether tasks can be run and buckets kept here. A missing container runtime is no problem until a
// task asks for an image; [Cloud.Container] tells.
func (c *Cloud) Check(ctx context.Context) error {
	return errors.Join(c.checkShell(ctx), c.checkDir(), c.checkContainer())
}

// Container is the command that runs an image; empty when there is no container runtime.
func (c *Cloud) Container() []string { return append([]string(nil), c.cfg.Container...) }

func (c *Cloud) checkDir() error {
	f, err := os.CreateTemp(c.root, "check")
	if err != nil {
		return c.fail("check", fault.Invalid, fault.ScopeCloud, "the folder cannot be written: set Config.Dir to one that can", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (c *Cloud) checkShell(ctx context.Context) error {
	var missing bytes.Buffer
	code, err := remote.Exec{Env: environment()}.Run(ctx, remote.Command{Script: tools, Stdout: &missing})
	if err == nil && code != 0 {
		err = fmt.Errorf("sh ended with %d", code)
	}
	if names := strings.Fields(missing.String()); err == nil && len(names) > 0 {
		err = fmt.Errorf("not on the PATH: %s", strings.Join(names, " "))
	}
	if err != nil {
		return c.fail("check", fault.Unsupported, fault.ScopeCloud, "tasks need sh, setsid and the usual POSIX tools", err)
	}
	return nil
}

func (c *Cloud) checkContainer() error {
	if len(c.cfg.Container) == 0 {
		return nil
	}
	if _, err := exec.LookPath(c.cfg.Container[0]); err != nil {
		return c.fail("check", fault.Unsupported, fault.ScopeCloud, "the container command is not there: change Config.Container", err)
	}
	return nil
}
