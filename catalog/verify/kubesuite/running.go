package kubesuite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog/verify"
)

// running is how work is carried out.
func running() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("complete", "a job whose pod ends with 0 is Complete, with its times", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "exit 0", nil)
			if err != nil {
				return err
			}
			j, err := c.ends(ctx, name, "Complete", "")
			if err != nil {
				return err
			}
			if j.Status.Succeeded != 1 || j.Status.StartTime == "" || j.Status.CompletionTime == "" {
				return fmt.Errorf("status %+v, want one pod succeeded and both times", j.Status)
			}
			return nil
		}),
		check("parallelism", "all completions are run, never more at once than parallelism says", parallelism),
		check("indexed", "an Indexed job runs each index once and tells the pod which it is", indexed),
		check("suspend", "a suspended job has no pods until it is resumed", suspend),
		check("logs", "what a pod printed can be read after it ended", printed),
	}
}

func parallelism(ctx context.Context, c cluster) error {
	const completions, atOnce = 4, 2
	name, err := c.create(ctx, "sleep 1", fields{"completions": completions, "parallelism": atOnce})
	if err != nil {
		return err
	}
	most := 0
	j, err := c.end(ctx, name, func(_ *job, pods []pod) error {
		n := 0
		for i := range pods {
			if pods[i].running() {
				n++
			}
		}
		most = max(most, n)
		if n > atOnce {
			return fmt.Errorf("%d pods at once, want at most %d", n, atOnce)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if state, _ := j.ended(); state != "Complete" || j.Status.Succeeded != completions || most == 0 {
		return fmt.Errorf("ended as %q with %d succeeded, want Complete with %d", state, j.Status.Succeeded, completions)
	}
	return nil
}

func indexed(ctx context.Context, c cluster) error {
	name, err := c.create(ctx, `echo "index=$JOB_COMPLETION_INDEX"`, fields{"completions": 3, "parallelism": 3, "completionMode": "Indexed"})
	if err != nil {
		return err
	}
	j, err := c.ends(ctx, name, "Complete", "")
	if err != nil {
		return err
	}
	if j.Status.CompletedIndexes != "0-2" {
		return fmt.Errorf("completed indexes %q, want 0-2", j.Status.CompletedIndexes)
	}
	pods, err := c.podsOf(ctx, name)
	if err != nil {
		return err
	}
	var indexes []string
	for _, p := range pods {
		index := p.Metadata.Annotations["batch.kubernetes.io/job-completion-index"]
		indexes = append(indexes, index)
		text, err := c.log(ctx, p.Metadata.Name)
		if err != nil {
			return err
		}
		if text != "index="+index {
			return fmt.Errorf("the pod of index %s was told %q", index, text)
		}
	}
	slices.Sort(indexes)
	if got := strings.Join(indexes, " "); got != "0 1 2" {
		return fmt.Errorf("pods of the indexes %s, want 0 1 2", got)
	}
	return nil
}

func suspend(ctx context.Context, c cluster) error {
	name, err := c.create(ctx, "exit 0", fields{"suspend": true})
	if err != nil {
		return err
	}
	err = c.trial.Until(ctx, pause, func(ctx context.Context) (string, bool, error) {
		j, err := c.get(ctx, name)
		if err != nil {
			return "", false, err
		}
		suspended := slices.ContainsFunc(j.Status.Conditions, func(c struct{ Type, Status, Reason string }) bool {
			return c.Type == "Suspended" && c.Status == "True"
		})
		return "no condition Suspended", suspended, nil
	})
	if err != nil {
		return err
	}
	pods, err := c.podsOf(ctx, name)
	if err != nil {
		return err
	}
	if len(pods) > 0 {
		return errors.New("a suspended job has pods")
	}
	if err := c.call(ctx, http.MethodPatch, c.jobs()+"/"+name, map[string]any{"spec": fields{"suspend": false}}, nil); err != nil {
		return err
	}
	_, err = c.ends(ctx, name, "Complete", "")
	return err
}

func printed(ctx context.Context, c cluster) error {
	name, err := c.create(ctx, "echo said; exit 1", fields{"backoffLimit": 0})
	if err != nil {
		return err
	}
	if _, err := c.ends(ctx, name, "Failed", ""); err != nil {
		return err
	}
	pods, err := c.podsOf(ctx, name)
	if err != nil {
		return err
	}
	if len(pods) != 1 {
		return fmt.Errorf("%d pods, want the failed one", len(pods))
	}
	text, err := c.log(ctx, pods[0].Metadata.Name)
	if err == nil && text != "said" {
		err = fmt.Errorf("the log is %q, want %q", text, "said")
	}
	return err
}

// log is what a pod printed, without space at its ends.
func (c cluster) log(ctx context.Context, pod string) (string, error) {
	text, err := c.raw(ctx, http.MethodGet, c.pods()+"/"+pod+"/log", nil)
	return strings.TrimSpace(string(text)), err
}
