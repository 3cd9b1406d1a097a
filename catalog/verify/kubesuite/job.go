package kubesuite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/openintercloud/broker/catalog/verify"
)

// pause is how long to wait before asking the cluster again.
const pause = 250 * time.Millisecond

// job is what the checks read of one.
type job struct {
	Metadata struct {
		Name, UID         string
		DeletionTimestamp string
		Finalizers        []string
	} `json:"metadata"`
	Status struct {
		Active, Succeeded, Failed int
		CompletedIndexes          string
		StartTime, CompletionTime string
		Conditions                []struct{ Type, Status, Reason string }
	} `json:"status"`
}

// ended is how the job ended, and why: "Complete", "Failed"; "" = not yet.
func (j *job) ended() (state, reason string) {
	for _, c := range j.Status.Conditions {
		if c.Status == "True" && (c.Type == "Complete" || c.Type == "Failed") {
			return c.Type, c.Reason
		}
	}
	return "", ""
}

// pod is what the checks read of one.
type pod struct {
	Metadata struct {
		Name              string
		Annotations       map[string]string
		DeletionTimestamp string
	} `json:"metadata"`
	Status struct {
		Phase             string
		ContainerStatuses []struct {
			State struct{ Terminated *struct{ ExitCode int } }
		}
	} `json:"status"`
}

func (p *pod) running() bool { return p.Status.Phase == "Pending" || p.Status.Phase == "Running" }

// cluster is an endpoint during one trial.
type cluster struct {
	Endpoint
	trial *verify.Trial
}

// fields are those of a job's spec, beside its template.
type fields map[string]any

// manifest is a job whose one container runs a script.
func (c cluster) manifest(name, script string, more fields) map[string]any {
	spec := map[string]any{"template": map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"verify": name}},
		"spec": map[string]any{
			"restartPolicy":                 "Never",
			"terminationGracePeriodSeconds": 1,
			"containers": []any{map[string]any{
				"name": "main", "image": cmp.Or(c.Image, defaultImage), "command": []string{"sh", "-c", script},
			}},
		},
	}}
	maps.Copy(spec, more)
	return map[string]any{
		"apiVersion": "batch/v1", "kind": "Job", "spec": spec,
		"metadata": map[string]any{"name": name, "labels": map[string]any{"verify": name}},
	}
}

// create submits a job, to be deleted with its pods when the check is over.
func (c cluster) create(ctx context.Context, script string, more fields) (string, error) {
	name := c.trial.Name()
	c.trial.Cleanup(func(ctx context.Context) error { return gone(c.remove(ctx, name, "Background")) })
	return name, c.call(ctx, http.MethodPost, c.jobs(), c.manifest(name, script, more), nil)
}

func (c cluster) remove(ctx context.Context, name, propagation string) error {
	return c.call(ctx, http.MethodDelete, c.jobs()+"/"+name+"?propagationPolicy="+propagation, nil, nil)
}

// gone takes it that what was to be deleted is not there.
func gone(err error) error {
	if refused(err, http.StatusNotFound) {
		return nil
	}
	return err
}

// refused reports whether the server refused with this code.
func refused(err error, code int) bool {
	no, ok := errors.AsType[*refusal](err)
	return ok && no.Code == code
}

func (c cluster) get(ctx context.Context, name string) (*job, error) {
	j := &job{}
	return j, c.call(ctx, http.MethodGet, c.jobs()+"/"+name, nil, j)
}

// podsOf lists the pods of a job by the label that its template gives them.
func (c cluster) podsOf(ctx context.Context, name string) ([]pod, error) {
	var list struct{ Items []pod }
	err := c.call(ctx, http.MethodGet, c.pods()+"?labelSelector="+url.QueryEscape("verify="+name), nil, &list)
	return list.Items, err
}

// end waits until a job has ended; each is called with what is there at each look.
func (c cluster) end(ctx context.Context, name string, each func(*job, []pod) error) (*job, error) {
	var last *job
	err := c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		j, err := c.get(ctx, name)
		if err != nil {
			return "", false, err
		}
		pods, err := c.podsOf(ctx, name)
		if err == nil && each != nil {
			err = each(j, pods)
		}
		last = j
		state, _ := j.ended()
		return fmt.Sprintf("job with %d active, %d succeeded, %d failed", j.Status.Active, j.Status.Succeeded, j.Status.Failed), state != "", err
	})
	return last, err
}

// ends waits until a job has ended, and wants it to have ended like this.
func (c cluster) ends(ctx context.Context, name, state, reason string) (*job, error) {
	j, err := c.end(ctx, name, nil)
	if err != nil {
		return j, err
	}
	if s, r := j.ended(); s != state || reason != "" && r != reason {
		return j, fmt.Errorf("ended as %s (%s), want %s (%s)", s, r, state, reason)
	}
	return j, nil
}

// vanish waits until a job (if asked for) and all its pods are gone.
func (c cluster) vanish(ctx context.Context, name string) error {
	return c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		_, err := c.get(ctx, name)
		if gone(err) != nil {
			return "", false, err
		}
		pods, podErr := c.podsOf(ctx, name)
		return fmt.Sprintf("job gone: %t, %d pods", err != nil, len(pods)), err != nil && len(pods) == 0, podErr
	})
}

// runs waits until as many pods of a job run.
func (c cluster) runs(ctx context.Context, name string, want int) error {
	return c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		pods, err := c.podsOf(ctx, name)
		n := 0
		for _, p := range pods {
			if p.Status.Phase == "Running" {
				n++
			}
		}
		return fmt.Sprintf("%d pods run", n), n >= want, err
	})
}
