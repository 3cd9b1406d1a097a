package sky_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/openintercloud/broker/sky"
)

// hostVariable makes the test binary a host that runs the job of kill_test.go in a directory, to be killed.
const hostVariable = "SKY_TEST_HOST"

func TestMain(m *testing.M) {
	sky.Init(sky.Func("shout", shout), sky.Func("fail", fail))
	if dir := os.Getenv(hostVariable); dir != "" {
		if err := host(context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// shout is a Go function of a stage: it writes its input in a loud voice.
func shout(_ context.Context, t *sky.Task) error {
	text, err := os.ReadFile(filepath.Join(t.Input("text"), "line"))
	if err != nil {
		return err
	}
	if err := t.Progress(0.5, "shouting"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.Output("loud"), "line"), append(text, '!'), 0o600)
}

func fail(context.Context, *sky.Task) error { return errors.New("as asked") }

// host starts the diamond job and waits for its end.
func host(ctx context.Context, dir string) error {
	b, _, err := rehearsal(dir)
	if err != nil {
		return err
	}
	p, err := b.Plan(ctx, diamond(filepath.Join(dir, "notes")))
	if err != nil {
		return err
	}
	fmt.Println("planned", time.Now().UnixMilli())
	r, err := b.StartAs(ctx, "diamond", p)
	if err != nil {
		return err
	}
	_, err = r.Wait(ctx)
	return err
}
