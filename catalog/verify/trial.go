package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Trial is one run of one check: it hands out names that nobody else uses and keeps what must be cleaned up. It belongs
// to the goroutine of its check.
type Trial struct {
	id     string
	check  string
	undo   []func(context.Context) error
	handed int
}

// idLength is how many letters of chance a name gets, five bits each.
const idLength = 10

func newTrial(check string) *Trial {
	return &Trial{id: strings.ToLower(rand.Text()[:idLength]), check: check}
}

// Name is a new name for something that the check creates: small letters, digits and dashes, from a letter on, at most 50
// of them; no other call and no other run gives it.
func (t *Trial) Name() string {
	t.handed++
	return fmt.Sprintf("v-%s-%d-%s", t.id, t.handed, strings.TrimRight(t.check[:min(len(t.check), 30)], "-"))
}

// Cleanup asks for a call once the check has returned, the last asked for first, each with half a minute of its own. What
// is gone already should be no error. An error is reported beside the outcome and does not change it.
func (t *Trial) Cleanup(undo func(ctx context.Context) error) { t.undo = append(t.undo, undo) }

func (t *Trial) clean(ctx context.Context) error {
	var errs []error
	for _, undo := range slices.Backward(t.undo) {
		ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
		errs = append(errs, undo(ctx))
		cancel()
	}
	return errors.Join(errs...)
}

// Until asks again and again, with a pause between, until ask says that it is done or fails, or ctx ends. What was seen
// last is part of the error: ask tells it as text.
func (t *Trial) Until(ctx context.Context, pause time.Duration, ask func(ctx context.Context) (seen string, done bool, err error)) error {
	wait := time.NewTimer(0)
	defer wait.Stop()
	last := "nothing"
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("last seen: %s: %w", last, context.Cause(ctx))
		case <-wait.C:
		}
		seen, done, err := ask(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			continue
		case err != nil || done:
			return err
		}
		last = seen
		wait.Reset(pause)
	}
}
