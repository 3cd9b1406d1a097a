package kubesuite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/openintercloud/broker/catalog/verify"
)

// errAccepted is what a check sees when nothing was refused.
var errAccepted = errors.New("accepted")

func errOrAccepted(err error) error {
	if err == nil {
		return errAccepted
	}
	return err
}

// storing is how jobs are kept, found and refused.
func storing() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("create-twice", "a second job of the same name is refused as AlreadyExists, so that creating is safe to repeat", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "exit 0", nil)
			if err != nil {
				return err
			}
			err = c.call(ctx, http.MethodPost, c.jobs(), c.manifest(name, "exit 1", nil), nil)
			if no, ok := errors.AsType[*refusal](err); !ok || no.Code != http.StatusConflict || no.Reason != "AlreadyExists" {
				return fmt.Errorf("the second create: %w, want 409 AlreadyExists", errOrAccepted(err))
			}
			_, err = c.ends(ctx, name, "Complete", "")
			return err
		}),
		check("list-by-label", "a label selector lists the jobs that have the label, and no others", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "exit 0", fields{"suspend": true})
			if err != nil {
				return err
			}
			if _, err := c.create(ctx, "exit 0", fields{"suspend": true}); err != nil {
				return err
			}
			var list struct{ Items []job }
			if err := c.call(ctx, http.MethodGet, c.jobs()+"?labelSelector="+url.QueryEscape("verify in ("+name+")"), nil, &list); err != nil {
				return err
			}
			if len(list.Items) != 1 || list.Items[0].Metadata.Name != name {
				return fmt.Errorf("%d jobs listed, want the one with the label", len(list.Items))
			}
			return nil
		}),
		check("template-fixed", "the pod template of a job cannot be changed once it is created", func(ctx context.Context, c cluster) error {
			name, err := c.create(ctx, "exit 0", fields{"suspend": true})
			if err != nil {
				return err
			}
			changed := c.manifest(name, "exit 1", fields{"suspend": true})
			err = c.call(ctx, http.MethodPatch, c.jobs()+"/"+name, map[string]any{"spec": changed["spec"]}, nil)
			return mustRefuse(err, http.StatusUnprocessableEntity)
		}),
		check("invalid-refused", "a job whose pods would restart forever is refused", func(ctx context.Context, c cluster) error {
			name := c.trial.Name()
			wrong := c.manifest(name, "exit 0", fields{"template": map[string]any{"spec": map[string]any{
				"restartPolicy": "Always", "containers": []any{map[string]any{"name": "main", "image": defaultImage}},
			}}})
			c.trial.Cleanup(func(ctx context.Context) error { return gone(c.remove(ctx, name, "Background")) })
			return mustRefuse(c.call(ctx, http.MethodPost, c.jobs(), wrong, nil), http.StatusUnprocessableEntity)
		}),
		check("dry-run", "a dry run says what would be created, and creates nothing", func(ctx context.Context, c cluster) error {
			name := c.trial.Name()
			c.trial.Cleanup(func(ctx context.Context) error { return gone(c.remove(ctx, name, "Background")) })
			j := &job{}
			if err := c.call(ctx, http.MethodPost, c.jobs()+"?dryRun=All", c.manifest(name, "exit 0", nil), j); err != nil {
				return err
			}
			if j.Metadata.Name != name {
				return fmt.Errorf("it answered with a job called %q", j.Metadata.Name)
			}
			_, err := c.get(ctx, name)
			return mustRefuse(err, http.StatusNotFound)
		}),
	}
}

func mustRefuse(err error, code int) error {
	if !refused(err, code) {
		return fmt.Errorf("%w, want it refused with %d", errOrAccepted(err), code)
	}
	return nil
}
