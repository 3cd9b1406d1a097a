package sky

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/internal/engine"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/transfer"
)

// Where things are below a place's scratch URL:
//
//	<run>/<stage>/<attempt>/<artifact>/…   what an attempt wrote, and copies of it elsewhere
//	<run>/<stage>/<artifact>.manifest      which attempt counts, and its objects; written once
//	<run>/<dataset>/…                      copies of datasets

func (x *executor) outputURL(scratch, stage string, attempt int, name string) string {
	return fmt.Sprintf("%s%s/%s/%d/%s/", scratch, x.run, stage, attempt, name)
}

func (x *executor) storage(cloud string) (provider.Storage, error) {
	p, err := x.provider(cloud)
	if err != nil {
		return nil, err
	}
	s, ok := provider.As[provider.Storage](p)
	if !ok {
		return nil, provider.Unsupported("open a bucket", cloud, "the provider has no storage")
	}
	return s, nil
}

func (x *executor) scratch(ctx context.Context, cloud string, place catalog.Place) (string, error) {
	s, err := x.storage(cloud)
	if err != nil {
		return "", err
	}
	return s.Scratch(ctx, place.InRegion())
}

func (x *executor) open(ctx context.Context, cloud, url string) (transfer.Target, error) {
	s, err := x.storage(cloud)
	if err != nil {
		return transfer.Target{}, err
	}
	bucket, key, err := s.Open(ctx, url)
	return transfer.Target{Bucket: bucket, Key: key}, err
}

// seal makes what an attempt wrote durable and lists it.
func (x *executor) seal(ctx context.Context, e errand) engine.Event {
	outputs, err := x.sealed(ctx, e)
	if err != nil {
		return failed(engine.Failed, dataError("seal outputs", e.cmd.Assignment.Cloud, err))
	}
	return engine.Event{Kind: engine.Sealed, Data: write(outputs)}
}

func (x *executor) sealed(ctx context.Context, e errand) ([]sealedOutput, error) {
	s, cloud := x.job.stage(e.orders.Stage), e.cmd.Assignment.Cloud
	scratch, err := x.scratch(ctx, cloud, e.orders.Offering.Place)
	if err != nil {
		return nil, err
	}
	var all []sealedOutput
	for _, o := range s.writes {
		url := x.outputURL(scratch, s.name, e.cmd.ID.Attempt, o.name)
		at, err := x.open(ctx, cloud, url)
		if err != nil {
			return nil, err
		}
		if d, ok := at.Bucket.(transfer.Syncer); ok {
			if err := d.Sync(ctx, at.Key); err != nil {
				return nil, err
			}
		}
		m, err := transfer.Seal(ctx, at.Bucket, at.Key, transfer.Options{})
		if err != nil {
			return nil, err
		}
		if len(m.Objects) == 0 {
			return nil, &fault.Error{Op: "seal outputs", Cloud: cloud, Kind: fault.Invalid, Err: fmt.Errorf(
				"stage %q ended well but left nothing in output %q (the directory in %s)", s.name, o.name, provider.OutputVariable(o.name))}
		}
		all = append(all, sealedOutput{o.Name(), url, m})
	}
	return all, nil
}

// publish lets others see a commit: one manifest for each output, which must not be there already with another content.
func (x *executor) publish(ctx context.Context, e errand) engine.Event {
	outputs, err := read[[]sealedOutput](e.cmd.Data)
	if err != nil {
		return failed(engine.Failed, err)
	}
	for _, o := range outputs {
		if err := x.writeManifest(ctx, e.cmd.Assignment.Cloud, o.URL, o); err != nil {
			return failed(engine.Failed, dataError("publish "+o.Artifact, e.cmd.Assignment.Cloud, err))
		}
	}
	return engine.Event{Kind: engine.Published}
}

// writeManifest publishes an output at the place its data, or a copy, is.
func (x *executor) writeManifest(ctx context.Context, cloud, url string, o sealedOutput) error {
	at, err := x.open(ctx, cloud, url)
	if err != nil {
		return err
	}
	below, key := manifestKey(at.Key)
	objects := make([]transfer.ManifestObject, 0, len(o.Manifest.Objects))
	for _, obj := range o.Manifest.Objects {
		obj.Path = below + obj.Path
		objects = append(objects, obj)
	}
	return transfer.WriteManifest(ctx, at.Bucket, key, transfer.NewManifest(o.Artifact, objects))
}

// manifestKey is where the manifest of data at a key such as run/stage/2/name/ goes, and the data's path from there.
func manifestKey(key string) (below, manifest string) {
	attempt, name := path.Split(strings.TrimSuffix(key, "/"))
	stage, n := path.Split(strings.TrimSuffix(attempt, "/"))
	return n + "/" + name + "/", stage + name + ".manifest"
}

// bring copies an artifact to a place and, for an output, publishes the copy there.
func (x *executor) bring(ctx context.Context, e errand) engine.Event {
	c, err := read[carry](e.cmd.Move.Data)
	if err != nil {
		return failed(engine.Failed, err)
	}
	var done carried
	if out, ok := e.data[c.Artifact]; ok {
		done, err = x.bringOutput(ctx, c, out)
	} else {
		done, err = x.bringDataset(ctx, c)
	}
	if err != nil {
		return failed(engine.Failed, dataError("bring "+c.Artifact+" to "+c.To.String(), c.To.Cloud, err))
	}
	cost := c.Cost // as planned, where the catalog of today knows no price
	if link, ok := x.snap.link(c.From, c.To); ok {
		if cost, _, err = x.snap.transferCost(link, done.Bytes, c.Used); err != nil {
			return failed(engine.Failed, err)
		}
		list, _ := x.snap.list.Link(c.From, c.To)
		done.Move = &catalog.Move{Link: list, Size: done.Bytes, Used: c.Used}
	}
	return engine.Event{Kind: engine.Moved, Cost: int64(cost), Data: write(done)}
}

func (x *executor) bringOutput(ctx context.Context, c carry, out sealedOutput) (carried, error) {
	from, err := x.open(ctx, c.From.Cloud, out.URL)
	if err != nil {
		return carried{}, err
	}
	scratch, err := x.scratch(ctx, c.To.Cloud, c.To)
	if err != nil {
		return carried{}, err
	}
	url := scratch + below(out.URL)
	to, err := x.open(ctx, c.To.Cloud, url)
	if err != nil {
		return carried{}, err
	}
	report, err := transfer.Copy(ctx, to, from, transfer.Options{Manifest: &out.Manifest, Boundary: x.boundary(c)})
	if err != nil {
		return carried{}, err
	}
	return carried{Bytes: report.Bytes, URL: url, Only: paths(out.Manifest)}, x.writeManifest(ctx, c.To.Cloud, url, out)
}

func (x *executor) bringDataset(ctx context.Context, c carry) (carried, error) {
	set := x.job.dataset(c.Artifact)
	if set == nil {
		return carried{}, &fault.Error{Op: "find input", Kind: fault.Invalid, Err: fmt.Errorf("artifact %q was never committed", c.Artifact)}
	}
	from, err := x.open(ctx, c.From.Cloud, set.url)
	if err != nil {
		return carried{}, err
	}
	scratch, err := x.scratch(ctx, c.To.Cloud, c.To)
	if err != nil {
		return carried{}, err
	}
	url := scratch + x.run + "/" + set.name + "/"
	if !from.IsPrefix() {
		url += path.Base(from.Key)
	}
	to, err := x.open(ctx, c.To.Cloud, url)
	if err != nil {
		return carried{}, err
	}
	report, err := transfer.Copy(ctx, to, from, transfer.Options{Boundary: x.boundary(c)})
	return carried{Bytes: report.Bytes, URL: url}, err
}

// boundary keeps a copy inside the rules of the job, whatever the plan says: the destination must obey them.
func (x *executor) boundary(c carry) func(context.Context, transfer.Hop) error {
	return func(context.Context, transfer.Hop) error {
		for _, r := range x.job.rules {
			if !r.allows(x.snap.where(c.To)) {
				return &fault.Error{
					Op: "bring " + c.Artifact, Cloud: c.To.Cloud, Place: c.To.String(), Kind: fault.Invalid, Err: fmt.Errorf("rule %s forbids it", r),
				}
			}
		}
		return nil
	}
}

// dataError gives an error of the data mover the kind the engine goes by.
func dataError(op, cloud string, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	kind := fault.Transient
	switch {
	case errors.Is(err, transfer.ErrNotFound), errors.Is(err, transfer.ErrInvalid):
		kind = fault.Invalid
	case errors.Is(err, transfer.ErrConflict):
		kind = fault.Conflict
	}
	return &fault.Error{Op: op, Cloud: cloud, Kind: kind, Err: err}
}

// below is the part of an output's URL from the run's folder on: run/stage/attempt/name/.
func below(url string) string {
	parts := strings.Split(strings.TrimSuffix(url, "/"), "/")
	return strings.Join(parts[max(0, len(parts)-4):], "/") + "/"
}

func paths(m transfer.Manifest) []string {
	out := make([]string, 0, len(m.Objects))
	for _, o := range m.Objects {
		out = append(out, o.Path)
	}
	return out
}
