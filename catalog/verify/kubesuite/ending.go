package kubesuite

import (
	"context"
	"fmt"

	"github.com/openintercloud/broker/catalog/verify"
)

// ending is how work that fails, or takes too long, ends.
func ending() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("backoff-limit", "a failing job is tried backoffLimit+1 times and then Failed, for that reason", func(ctx context.Context, c cluster) error {
			return fails(ctx, c, 3, 2, "BackoffLimitExceeded", fields{"backoffLimit": 1})
		}),
		check("no-retry", "with a backoffLimit of 0 failing work is run once and never again", func(ctx context.Context, c cluster) error {
			return fails(ctx, c, 4, 1, "BackoffLimitExceeded", fields{"backoffLimit": 0})
		}),
		check("failure-policy", "an exit code that the podFailurePolicy names ends the job at once", func(ctx context.Context, c cluster) error {
			rule := map[string]any{"action": "FailJob", "onExitCodes": map[string]any{"operator": "In", "values": []int{42}}}
			return fails(ctx, c, 42, 1, "PodFailurePolicy", fields{"backoffLimit": 5, "podFailurePolicy": map[string]any{"rules": []any{rule}}})
		}),
		check("deadline", "activeDeadlineSeconds ends a job that takes longer, with its pods", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "sleep 600", fields{"activeDeadlineSeconds": 2})
			if err != nil {
				return err
			}
			if _, err := c.ends(ctx, name, "Failed", "DeadlineExceeded"); err != nil {
				return err
			}
			return c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
				pods, err := c.podsOf(ctx, name)
				n := 0
				for i := range pods {
					if pods[i].running() {
						n++
					}
				}
				return fmt.Sprintf("%d pods run after the deadline", n), n == 0, err
			})
		}),
		check("ttl", "ttlSecondsAfterFinished removes an ended job and its pods", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "exit 0", fields{"ttlSecondsAfterFinished": 1})
			if err != nil {
				return err
			}
			return c.vanish(ctx, name)
		}),
	}
}

// fails runs a job that exits with a code, and counts how often it was tried.
func fails(ctx context.Context, c cluster, exit, tries int, reason string, more fields) error {
	name, err := c.create(ctx, fmt.Sprintf("exit %d", exit), more)
	if err != nil {
		return err
	}
	j, err := c.ends(ctx, name, "Failed", reason)
	if err != nil {
		return err
	}
	pods, err := c.podsOf(ctx, name)
	if err != nil {
		return err
	}
	if len(pods) != tries || j.Status.Failed != tries {
		return fmt.Errorf("%d pods, %d counted as failed, want %d", len(pods), j.Status.Failed, tries)
	}
	for _, p := range pods {
		states := p.Status.ContainerStatuses
		if len(states) != 1 || states[0].State.Terminated == nil || states[0].State.Terminated.ExitCode != exit {
			return fmt.Errorf("pod %s does not say that it exited with %d", p.Metadata.Name, exit)
		}
	}
	return nil
}
