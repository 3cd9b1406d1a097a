package raysuite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/verify"
)

// Endpoint is a cluster to check. It is safe for concurrent use if its client is.
type Endpoint struct {
	URL    string       // of the dashboard: "http://203.0.113.7:8265"
	Client *http.Client // proves who asks, if the cluster wants to know
}

const (
	pause         = 250 * time.Millisecond
	looksAfterEnd = 20 // at the log of a job that is over, for a text that is to be in it
	maxAnswer     = 8 << 20
)

// The states of a job.
const (
	pending   = "PENDING"
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	stopped   = "STOPPED"
)

// refusal is an answer that is no success.
type refusal struct {
	code int
	text string
}

// Error says what the server said: of a traceback, the end.
func (r *refusal) Error() string {
	lines := strings.Split(strings.TrimSpace(r.text), "\n")
	return fmt.Sprintf("%d: %s", r.code, lines[len(lines)-1])
}

// request is what a submit says.
type request struct {
	Entrypoint string            `json:"entrypoint,omitempty"`
	ID         string            `json:"submission_id,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	Env        map[string]any    `json:"runtime_env,omitempty"`
}

// job is what the checks read of one.
type job struct {
	ID       string            `json:"submission_id"`
	Status   string            `json:"status"`
	Message  string            `json:"message"`
	Exit     *int              `json:"driver_exit_code"`
	Start    int64             `json:"start_time"` // milliseconds
	End      int64             `json:"end_time"`
	Metadata map[string]string `json:"metadata"`
}

func (j *job) over() bool { return j.Status != pending && j.Status != running }

// cluster is an endpoint during one trial.
type cluster struct {
	Endpoint
	trial *verify.Trial
}

// call is one request; its error is a *refusal if the server answered with one.
func (e Endpoint) call(ctx context.Context, method, path string, body, into any) error {
	text, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	res, err := e.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %w", method, path, &refusal{res.StatusCode, string(answer)})
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// submit starts a job under a name of the trial, to be stopped and deleted when the check is over, once the cluster takes it.
func (c cluster) submit(ctx context.Context, r request) (string, error) {
	if r.ID == "" {
		r.ID = c.trial.Name()
		c.trial.Cleanup(func(ctx context.Context) error { return c.clear(ctx, r.ID) })
	}
	var answer struct {
		ID string `json:"submission_id"`
	}
	err := c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		err := c.call(ctx, http.MethodPost, "/api/jobs/", r, &answer)
		if busy(err) {
			return err.Error(), false, nil
		}
		return "", true, err
	})
	if err != nil {
		return r.ID, err
	}
	if answer.ID != r.ID {
		return r.ID, fmt.Errorf("submitted as %s, answered as %q", r.ID, answer.ID)
	}
	return r.ID, nil
}

// clear stops and deletes a job, which may be gone.
func (c cluster) clear(ctx context.Context, id string) error {
	err := c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		j, err := c.get(ctx, id)
		if err != nil || j.over() {
			return "", true, err
		}
		return j.Status, false, c.stop(ctx, id)
	})
	if err == nil {
		err = c.remove(ctx, id)
	}
	if refused(err, http.StatusNotFound) {
		return nil
	}
	return err
}

func (c cluster) stop(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, "/api/jobs/"+id+"/stop", nil, nil)
}

func (c cluster) remove(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/jobs/"+id, nil, nil)
}

func (c cluster) get(ctx context.Context, id string) (*job, error) {
	j := &job{}
	return j, c.call(ctx, http.MethodGet, "/api/jobs/"+id, nil, j)
}

func (c cluster) logs(ctx context.Context, id string) (string, error) {
	var answer struct{ Logs string }
	err := c.call(ctx, http.MethodGet, "/api/jobs/"+id+"/logs", nil, &answer)
	return answer.Logs, err
}

// ends waits until a job is over, and wants it to have ended like this.
func (c cluster) ends(ctx context.Context, id, status string) (*job, error) {
	var last *job
	err := c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		j, err := c.get(ctx, id)
		last = j
		return j.Status + " " + j.Message, j.over(), err
	})
	if err == nil && last.Status != status {
		err = fmt.Errorf("ended as %s (%s), want %s", last.Status, last.Message, status)
	}
	return last, err
}

// prints waits until a job has printed a text. When it is over, its log is complete soon or never.
func (c cluster) prints(ctx context.Context, id, want string) error {
	over := 0
	return c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		j, err := c.get(ctx, id)
		if err != nil {
			return "", false, err
		}
		text, err := c.logs(ctx, id)
		if j.over() {
			over++
		}
		if err == nil && over > looksAfterEnd && !strings.Contains(text, want) {
			err = fmt.Errorf("it is %s, and its log of %d bytes does not hold %q", j.Status, len(text), want)
		}
		return fmt.Sprintf("a log of %d bytes without %q", len(text), want), strings.Contains(text, want), err
	})
}

// busy reports whether the cluster took nothing and asks to be asked again: so it does while it starts.
func busy(err error) bool {
	no, ok := errors.AsType[*refusal](err)
	return ok && no.code >= http.StatusInternalServerError && strings.Contains(no.text, "try again later")
}

// refused reports whether the server refused with this code.
func refused(err error, code int) bool {
	no, ok := errors.AsType[*refusal](err)
	return ok && no.code == code
}
