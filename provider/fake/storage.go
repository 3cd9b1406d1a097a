package fake

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// Open opens a bucket of this cloud; every name is a bucket, empty at first.
func (c *Cloud) Open(ctx context.Context, url string) (bucket transfer.Bucket, key string, err error) {
	err = c.call(ctx, call{op: "open", place: catalog.Place{Cloud: c.cfg.Name}}, func(Rule) (err error) {
		bucket, key, err = c.open(url)
		return err
	})
	return bucket, key, err
}

func (c *Cloud) open(url string) (transfer.Bucket, string, error) {
	rest, ours := strings.CutPrefix(url, c.cfg.Scheme+"://")
	name, key, _ := strings.Cut(rest, "/")
	if !ours || name == "" {
		return nil, "", provider.Unsupported("open", c.cfg.Name, fmt.Sprintf("%q is not %s://BUCKET/KEY", url, c.cfg.Scheme))
	}
	if c.buckets[name] == nil {
		c.buckets[name] = mem.NewWith(c.cfg.Name+"/"+name, mem.Options{Now: c.clock.Now})
	}
	return c.buckets[name], key, nil
}

// Scratch is a bucket for each region.
func (c *Cloud) Scratch(_ context.Context, place catalog.Place) (string, error) {
	if place.Cloud != c.cfg.Name {
		return "", provider.Unsupported("scratch", c.cfg.Name, place.String()+" is another cloud's")
	}
	return strings.Join([]string{c.cfg.Scheme + "://sky", place.Region}, "-") + "/", nil
}

// fetch reads the inputs.
func (p *Process) fetch() error {
	p.inputs = map[string]map[string][]byte{}
	for _, d := range p.t.spec.Inputs {
		content, err := p.c.read(d)
		if err != nil {
			return fmt.Errorf("input %s: %w", d.Name, err)
		}
		p.inputs[d.Name] = content
	}
	return nil
}

// opened is open for tasks, which are no calls of the host.
func (c *Cloud) opened(url string) (transfer.Bucket, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open(url)
}

func (c *Cloud) read(d provider.Data) (map[string][]byte, error) {
	ctx := context.Background()
	bucket, prefix, err := c.opened(d.URL)
	if err != nil {
		return nil, err
	}
	names := slices.Clone(d.Objects)
	switch {
	case d.Single:
		prefix, names = strings.TrimSuffix(prefix, path.Base(prefix)), []string{path.Base(prefix)}
	case len(names) == 0:
		for o, err := range bucket.List(ctx, prefix) {
			if err != nil {
				return nil, err
			}
			names = append(names, strings.TrimPrefix(o.Key, prefix))
		}
	}
	content := map[string][]byte{}
	for _, name := range names {
		if content[name], _, err = transfer.Get(ctx, bucket, prefix+name); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// store writes the outputs.
func (p *Process) store() error {
	for _, d := range p.t.spec.Outputs {
		bucket, prefix, err := p.c.opened(d.URL)
		if err != nil {
			return fmt.Errorf("output %s: %w", d.Name, err)
		}
		for _, object := range slices.Sorted(maps.Keys(p.outputs[d.Name])) {
			_, err := transfer.Put(context.Background(), bucket, prefix+object, p.outputs[d.Name][object], transfer.CreateOptions{})
			if err != nil {
				return fmt.Errorf("output %s: %w", d.Name, err)
			}
		}
	}
	return nil
}
