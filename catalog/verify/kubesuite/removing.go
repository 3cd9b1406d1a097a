package kubesuite

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/openintercloud/broker/catalog/verify"
)

// removing is what deleting a job leaves.
func removing() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("delete-background", "deleting a running job in the background ends and removes its pods", func(ctx context.Context, c cluster) error {
			name, err := c.started(ctx)
			if err != nil {
				return err
			}
			if err := c.remove(ctx, name, "Background"); err != nil {
				return err
			}
			return c.vanish(ctx, name)
		}),
		check("delete-foreground", "deleting a job in the foreground keeps it until its pods are gone", foreground),
		check("delete-orphan", "deleting a job with Orphan leaves its pods running", orphan),
		check("delete-twice", "deleting what is not there is told as 404, and its name can be used again", func(ctx context.Context, c cluster) error {
			name, err := c.started(ctx)
			if err != nil {
				return err
			}
			if err := c.remove(ctx, name, "Background"); err != nil {
				return err
			}
			if err := c.vanish(ctx, name); err != nil {
				return err
			}
			if err := c.remove(ctx, name, "Background"); !refused(err, http.StatusNotFound) {
				return fmt.Errorf("the second delete: %w, want 404", errOrAccepted(err))
			}
			if err := c.call(ctx, http.MethodPost, c.jobs(), c.manifest(name, "exit 0", nil), nil); err != nil {
				return err
			}
			_, err = c.ends(ctx, name, "Complete", "")
			return err
		}),
	}
}

// started is a job whose pod runs and would run for long.
func (c cluster) started(ctx context.Context) (string, error) {
	name, err := c.create(ctx, "sleep 600", nil)
	if err != nil {
		return "", err
	}
	return name, c.runs(ctx, name, 1)
}

func foreground(ctx context.Context, c cluster) error {
	name, err := c.started(ctx)
	if err != nil {
		return err
	}
	if err := c.remove(ctx, name, "Foreground"); err != nil {
		return err
	}
	return c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		pods, err := c.podsOf(ctx, name) // asked first: a pod seen now must still have its job seen before
		if err != nil {
			return "", false, err
		}
		j, err := c.get(ctx, name)
		if refused(err, http.StatusNotFound) {
			pods, err = c.podsOf(ctx, name)
			if err == nil && len(pods) > 0 {
				err = fmt.Errorf("the job is gone and %d pods are not", len(pods))
			}
			return "", true, err
		}
		if err == nil && (j.Metadata.DeletionTimestamp == "" || !slices.Contains(j.Metadata.Finalizers, "foregroundDeletion")) {
			err = fmt.Errorf("the job is not marked as being deleted in the foreground")
		}
		return fmt.Sprintf("job being deleted, %d pods", len(pods)), false, err
	})
}

func orphan(ctx context.Context, c cluster) error {
	name, err := c.started(ctx)
	if err != nil {
		return err
	}
	c.trial.Cleanup(func(ctx context.Context) error {
		pods, err := c.podsOf(ctx, name)
		for _, p := range pods {
			if err := gone(c.call(ctx, http.MethodDelete, c.pods()+"/"+p.Metadata.Name, nil, nil)); err != nil {
				return err
			}
		}
		return err
	})
	if err := c.remove(ctx, name, "Orphan"); err != nil {
		return err
	}
	err = c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		_, err := c.get(ctx, name)
		return "the job is there", refused(err, http.StatusNotFound), gone(err)
	})
	if err != nil {
		return err
	}
	pods, err := c.podsOf(ctx, name)
	if err != nil {
		return err
	}
	if len(pods) != 1 || pods[0].Metadata.DeletionTimestamp != "" || pods[0].Status.Phase != "Running" {
		return fmt.Errorf("%d pods are left, want one that runs on", len(pods))
	}
	return nil
}
