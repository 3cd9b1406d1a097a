package raysuite

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/verify"
)

// limit is how long a check may take: a cluster starts a process or two for each job, and may have to build its environment.
const limit = 4 * time.Minute

// Suite is the checks. They take a minute or two.
func Suite() verify.Suite[Endpoint] {
	return verify.Suite[Endpoint]{
		Name: "ray-jobs", Version: "1.0", Service: "ray",
		Ready: func(ctx context.Context, e Endpoint) error {
			return e.call(ctx, http.MethodGet, "/api/version", nil, nil)
		},
		Checks: []verify.Check[Endpoint]{
			check("succeed", "a job whose command ends with 0 SUCCEEDED, and tells its exit code, its times and its metadata", succeeds),
			check("fail", "a job whose command ends with 3 FAILED, and tells that code", fails),
			check("logs", "what a job printed, also as errors, can be read once it is over", printed),
			check("stop", "a running job is asked to end by SIGTERM, and is then STOPPED", stops),
			check("duplicate", "a second job of the same submission id is refused, so that a submit can be repeated", duplicate),
			check("env-vars", "env_vars of the runtime environment are set", func(ctx context.Context, c cluster) error {
				return c.says(ctx, request{Entrypoint: `echo "color=$COLOR"`, Env: map[string]any{"env_vars": map[string]string{"COLOR": "deep blue"}}}, "color=deep blue")
			}),
			check("working-dir", "a job runs in the files of an uploaded package", workingDir),
			check("broken-env", "a job whose package is missing FAILED and says so, instead of waiting", brokenEnv),
			check("list", "all jobs are listed by their submission ids", lists),
			check("delete", "a job is deleted once it is over, not while it runs", deletes),
			check("unknown", "a job that is not there is told as 404", unknown),
			check("invalid", "a submit without a command is refused as the caller's fault", func(ctx context.Context, c cluster) error {
				err := c.call(ctx, http.MethodPost, "/api/jobs/", request{}, nil)
				return want(err, http.StatusBadRequest)
			}),
		},
	}
}

func check(name, requirement string, run func(ctx context.Context, c cluster) error) verify.Check[Endpoint] {
	return verify.Check[Endpoint]{
		Name: name, Requirement: requirement, Limit: limit,
		Run: func(ctx context.Context, t *verify.Trial, e Endpoint) error { return run(ctx, cluster{e, t}) },
	}
}

// want wants a request to have been refused with a code.
func want(err error, code int) error {
	switch {
	case err == nil:
		return fmt.Errorf("accepted, want it refused with %d", code)
	case refused(err, code):
		return nil
	}
	return fmt.Errorf("%w, want it refused with %d", err, code)
}

func succeeds(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "true", Metadata: map[string]string{"color": "blue"}})
	if err != nil {
		return err
	}
	j, err := c.ends(ctx, id, succeeded)
	if err != nil {
		return err
	}
	if j.Exit == nil || *j.Exit != 0 || j.Start == 0 || j.End < j.Start || j.Metadata["color"] != "blue" {
		return fmt.Errorf("told exit code %v, start %d, end %d, metadata %v", j.Exit, j.Start, j.End, j.Metadata)
	}
	return nil
}

func fails(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "exit 3"})
	if err != nil {
		return err
	}
	j, err := c.ends(ctx, id, failed)
	if err != nil {
		return err
	}
	if j.Exit == nil || *j.Exit != 3 || !strings.Contains(j.Message, "3") {
		return fmt.Errorf("told exit code %v and %q, want 3 in both", j.Exit, j.Message)
	}
	return nil
}

// says runs a job to its end and wants it to have printed this.
func (c cluster) says(ctx context.Context, r request, want string) error {
	id, err := c.submit(ctx, r)
	if err != nil {
		return err
	}
	if _, err := c.ends(ctx, id, succeeded); err != nil {
		return err
	}
	return c.prints(ctx, id, want)
}

func printed(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "echo said; echo complained >&2; exit 1"})
	if err != nil {
		return err
	}
	if _, err := c.ends(ctx, id, failed); err != nil {
		return err
	}
	return errors.Join(c.prints(ctx, id, "said"), c.prints(ctx, id, "complained"))
}

func stops(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "trap 'echo was asked; exit 0' TERM; echo has begun; while true; do sleep 0.1; done"})
	if err != nil {
		return err
	}
	if err := c.prints(ctx, id, "has begun"); err != nil {
		return err
	}
	if err := c.stop(ctx, id); err != nil {
		return err
	}
	if _, err := c.ends(ctx, id, stopped); err != nil {
		return err
	}
	return c.prints(ctx, id, "was asked")
}

func duplicate(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "echo the first"})
	if err != nil {
		return err
	}
	_, err = c.submit(ctx, request{Entrypoint: "echo the second", ID: id})
	no, ok := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		return errors.New("accepted, want it refused")
	case !ok || !strings.Contains(no.text, "already exists"):
		return fmt.Errorf("%w, want it refused because the id already exists", err)
	}
	if _, err := c.ends(ctx, id, succeeded); err != nil {
		return err
	}
	return c.prints(ctx, id, "the first")
}

func workingDir(ctx context.Context, c cluster) error {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	file, err := w.Create("deep/file.txt")
	if err != nil {
		return err
	}
	text := "content of " + c.trial.Name() // also makes the package one that nobody else uploaded
	if _, err := file.Write([]byte(text)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	name := "_ray_pkg_" + c.trial.Name() + ".zip"
	if err := want(c.call(ctx, http.MethodGet, "/api/packages/gcs/"+name, nil, nil), http.StatusNotFound); err != nil {
		return fmt.Errorf("before the upload: %w", err)
	}
	if err := c.call(ctx, http.MethodPut, "/api/packages/gcs/"+name, archive.Bytes(), nil); err != nil {
		return err
	}
	if err := c.call(ctx, http.MethodGet, "/api/packages/gcs/"+name, nil, nil); err != nil {
		return fmt.Errorf("after the upload: %w", err)
	}
	return c.says(ctx, request{Entrypoint: "cat deep/file.txt", Env: map[string]any{"working_dir": "gcs://" + name}}, text)
}

func brokenEnv(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "true", Env: map[string]any{"working_dir": "gcs://_ray_pkg_" + c.trial.Name() + ".zip"}})
	if err != nil {
		return err
	}
	j, err := c.ends(ctx, id, failed)
	if err == nil && j.Message == "" {
		err = errors.New("it failed without saying why")
	}
	return err
}

func lists(ctx context.Context, c cluster) error {
	missing := map[string]bool{}
	for range 2 {
		id, err := c.submit(ctx, request{Entrypoint: "true"})
		if err != nil {
			return err
		}
		missing[id] = true
	}
	var all []job
	if err := c.call(ctx, http.MethodGet, "/api/jobs/", nil, &all); err != nil {
		return err
	}
	for _, j := range all {
		delete(missing, j.ID)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of 2 jobs are not listed", len(missing))
	}
	return nil
}

func deletes(ctx context.Context, c cluster) error {
	id, err := c.submit(ctx, request{Entrypoint: "echo has begun; sleep 600"})
	if err != nil {
		return err
	}
	if err := c.prints(ctx, id, "has begun"); err != nil {
		return err
	}
	if err := c.remove(ctx, id); err == nil {
		return errors.New("a running job was deleted")
	}
	j, err := c.get(ctx, id)
	if err != nil {
		return err
	}
	if j.Status != running {
		return fmt.Errorf("after the refused delete the job is %s, want RUNNING", j.Status)
	}
	if err := c.stop(ctx, id); err != nil {
		return err
	}
	if _, err := c.ends(ctx, id, stopped); err != nil {
		return err
	}
	if err := c.remove(ctx, id); err != nil {
		return err
	}
	_, err = c.get(ctx, id)
	return want(err, http.StatusNotFound)
}

func unknown(ctx context.Context, c cluster) error {
	id := c.trial.Name()
	_, getErr := c.get(ctx, id)
	_, logErr := c.logs(ctx, id)
	for _, err := range []error{getErr, logErr, c.stop(ctx, id), c.remove(ctx, id)} {
		if err := want(err, http.StatusNotFound); err != nil {
			return err
		}
	}
	return nil
}
