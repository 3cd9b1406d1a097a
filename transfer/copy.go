package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
)

// Copy copies one object, or every object below a prefix, from src to dst.
//
// An object copied to a prefix keeps the last element of its key; a prefix is copied to a prefix. The version of each
// object is pinned when Copy first sees it: one that changes meanwhile fails the copy with [ErrConflict] and is never
// mixed. Every byte is summed as it passes; the sum is compared with the source store's checksum and the manifest's
// before the object becomes visible, and with the destination's own after; a difference is [ErrCorrupt], after one more try.
//
// A request that fails is tried again a few times, a broken range where it broke off, unless what the store says is final. A part
// that takes much longer than the others is started a second time when a stream is free.
//
// Each object appears whole or not at all. A copied prefix appears as a set when its manifest does: see
// [Options.Publish] and [Report.Manifest]. After a failure or a cancelled ctx nothing stays behind: uploads are aborted,
// and objects that were already written are deleted again, except where one was there before and has been replaced.
//
// With [Options.Ledger] they stay instead, and the same call, with the same targets and options, by this process or another and
// also after a kill or a power cut, goes on: what was in flight is sent again, what had been stored is not. A source that has changed
// in between is begun anew, its old parts aborted. Parts can only be gone on with where the destination is a [Resumer]. The ledger
// is held by one process at a time and removed at success; [Discard] undoes what it left instead.
//
// The error is an [*Error] of Op "copy" that names the destination; its cause keeps its type. On error the report is empty.
func Copy(ctx context.Context, dst, src Target, opts Options) (Report, error) {
	c := &copier{session: newSession(opts, src, dst), dst: dst, src: src}
	err := c.check()
	if err == nil {
		err = c.remembered(ctx)
	}
	if err != nil {
		return Report{}, wrapCopy(dst, err)
	}
	return c.report(), nil
}

func wrapCopy(dst Target, err error) error {
	var known *Error
	if errors.As(err, &known) && known.Op == "copy" {
		return err
	}
	return &Error{Op: "copy", Bucket: Name(dst.Bucket), Key: dst.Key, Err: err}
}

// copier is one call of Copy.
type copier struct {
	*session
	dst, src Target
	ledger   *ledger
	streamed func(Object) // when set, nothing is kept of finished objects: it is told instead

	doneMu sync.Mutex
	done   []Copied
	fresh  []Copied   // those of done that replaced nothing
	server unit.Bytes // bytes moved by the stores
}

// item is one object to be copied.
type item struct {
	path    string
	src     Object          // its Version is pinned; empty while only the manifest is known
	want    *ManifestObject // what it must be; nil when nobody said
	existed bool            // something was at the destination before
}

// check refuses what cannot be copied, and completes the destination's key.
func (c *copier) check() error {
	if err := c.checkTargets(); err != nil {
		return err
	}
	if !c.src.IsPrefix() && c.dst.IsPrefix() {
		c.dst.Key += path.Base(c.src.Key)
	}
	if c.opts.Manifest != nil {
		if err := c.opts.Manifest.check(); err != nil {
			return err
		}
	}
	if Name(c.src.Bucket) == Name(c.dst.Bucket) && c.overlaps() {
		return fmt.Errorf("source %s and destination overlap: %w", c.src, ErrInvalid)
	}
	return nil
}

func (c *copier) checkTargets() error {
	switch {
	case c.src.Bucket == nil || c.dst.Bucket == nil:
		return fmt.Errorf("source and destination need a bucket: %w", ErrInvalid)
	case c.src.IsPrefix() && !c.dst.IsPrefix():
		return fmt.Errorf(`a prefix is copied to a prefix, "" or a key ending in "/", not to an object: %w`, ErrInvalid)
	case !c.src.IsPrefix() && (c.opts.Publish != "" || c.opts.Manifest != nil):
		return fmt.Errorf("a manifest describes a prefix, but the source %s is an object: %w", c.src, ErrInvalid)
	case c.opts.Publish != "" && CheckKey(c.opts.Publish) != nil:
		return fmt.Errorf("publish manifest: %w", CheckKey(c.opts.Publish))
	}
	return nil
}

func (c *copier) overlaps() bool {
	if !c.src.IsPrefix() {
		return c.src.Key == c.dst.Key
	}
	return strings.HasPrefix(c.src.Key, c.dst.Key) || strings.HasPrefix(c.dst.Key, c.src.Key)
}

// remembered runs the copy with its ledger.
func (c *copier) remembered(ctx context.Context) (err error) {
	if c.ledger, err = openLedger(c.opts.Ledger, c.plan()); err != nil {
		return err
	}
	if err = c.run(ctx); err != nil {
		return errors.Join(err, c.ledger.close())
	}
	return c.ledger.remove()
}

// plan is what the same copy has in common.
func (c *copier) plan() ledgerPlan {
	p := ledgerPlan{
		Version: 1, From: c.src.String(), To: c.dst.String(), Part: int64(c.opts.PartSize), SkipDigest: c.opts.SkipDigest,
		IfAbsent: c.opts.IfAbsent, Publish: c.opts.Publish,
	}
	if c.opts.Manifest != nil {
		p.Manifest = c.opts.Manifest.Digest
	}
	return p
}

func (c *copier) run(ctx context.Context) error {
	if !c.src.IsPrefix() {
		if err := c.one(ctx); err != nil {
			return err
		}
		return c.leftover(ctx, c.ledger, c.dst.Bucket)
	}
	err := c.prefix(ctx)
	if err == nil {
		err = c.leftover(ctx, c.ledger, c.dst.Bucket)
	}
	if err == nil && c.opts.Publish != "" {
		err = c.publish(ctx)
	}
	if err != nil && c.ledger == nil {
		return errors.Join(err, c.undo(ctx))
	}
	return err
}

func (c *copier) publish(ctx context.Context) error {
	at := Target{c.dst.Bucket, c.opts.Publish}
	if err := c.opts.allow(ctx, Hop{Op: "create", From: c.src, To: at}); err != nil {
		return err
	}
	m := c.report().Manifest(c.artifact())
	opts := CreateOptions{IfAbsent: true}
	if _, able := at.Bucket.(Resumer); able && c.ledger != nil { // under the path that no object has
		opts.Token = rand.Text()
		if err := c.ledger.append(false, ledgerRecord{Op: "begin", Key: at.Key, Token: opts.Token, Existed: true}); err != nil {
			return err
		}
	}
	err := c.again(ctx, seedOf(at.Key, 0), func() error { return writeManifest(ctx, at.Bucket, at.Key, m, opts) })
	if err != nil {
		return err
	}
	return c.ledger.append(false, ledgerRecord{Op: "drop"})
}

func (c *copier) artifact() string {
	if c.opts.Manifest == nil {
		return ""
	}
	return c.opts.Manifest.Artifact
}

// one copies a single object.
func (c *copier) one(ctx context.Context) error {
	if err := c.opts.allow(ctx, Hop{Op: "read", From: c.src, To: c.dst}); err != nil {
		return err
	}
	obj, err := c.stat(ctx, c.src)
	if err != nil {
		return err
	}
	c.update(func(p *Progress) { p.ObjectsTotal, p.BytesTotal, p.Listed = 1, obj.Size, true })
	return c.object(ctx, c.dst, item{path: path.Base(c.dst.Key), src: obj, existed: true})
}

// prefix copies all objects below the source prefix, several at a time, while the listing goes on.
func (c *copier) prefix(ctx context.Context) error {
	for _, op := range []string{"read", "create"} { // before the listings, which reach both stores
		if err := c.opts.allow(ctx, Hop{Op: op, From: c.src, To: c.dst}); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.opts.streams())
	before := c.cursor(gctx, c.dst)
	defer before.stop()
	start := func(i item) error {
		var err error
		if i.existed, err = before.has(i.path); err != nil {
			return err
		}
		g.Go(func() error { return c.object(gctx, Target{c.dst.Bucket, c.dst.Key + i.path}, i) })
		return gctx.Err()
	}
	err := c.items(gctx, start)
	if failed := g.Wait(); failed != nil {
		return failed // the first failure; it may have cancelled the listing
	}
	return err
}

// items finds what to copy: what the manifest names, else what is there.
func (c *copier) items(ctx context.Context, start func(item) error) error {
	if c.opts.Manifest == nil {
		return c.list(ctx, c.src, func(path string, obj Object) error { return start(item{path: path, src: obj}) })
	}
	m := c.opts.Manifest
	c.update(func(p *Progress) { p.ObjectsTotal, p.BytesTotal, p.Listed = len(m.Objects), m.Bytes, true })
	for i := range m.Objects {
		if err := start(item{path: m.Objects[i].Path, want: &m.Objects[i]}); err != nil {
			return err
		}
	}
	return nil
}

// finished records an object that is durable at the destination.
func (c *copier) finished(i item, to Target, obj Object, sum Sum) {
	done := Copied{Key: to.Key, Path: i.path, Version: obj.Version, Sum: sum}
	c.doneMu.Lock()
	switch {
	case c.streamed != nil:
		c.streamed(obj)
	case i.existed || c.ledger != nil:
		c.done = append(c.done, done)
	default:
		c.done = append(c.done, done)
		c.fresh = append(c.fresh, done)
	}
	c.doneMu.Unlock()
	c.update(func(p *Progress) { p.Objects++ })
}

// undo deletes what a failed copy has added, several objects at a time. Another writer's version is left alone.
func (c *copier) undo(ctx context.Context) error {
	ctx, cancel := aside(ctx)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(c.opts.streams())
	for _, o := range c.fresh {
		g.Go(func() error { return remove(ctx, Target{c.dst.Bucket, o.Key}, o.Version) })
	}
	return g.Wait()
}

// remove deletes one version of an object; it is no error when the object is another by now.
func remove(ctx context.Context, t Target, version string) error {
	err := t.Bucket.Delete(ctx, t.Key, version)
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

func (c *copier) report() Report {
	c.doneMu.Lock()
	defer c.doneMu.Unlock()
	streams, effort := c.state()
	_, money := c.meter.total()
	r := Report{
		Objects: len(c.done), Streams: streams, Copied: sorted(c.done), ServerSide: c.server, Resumed: effort.resumed, Resent: effort.resent,
		Retries: effort.retries, Hedges: effort.hedges, Money: money,
	}
	for _, o := range r.Copied {
		r.Bytes += o.Size
	}
	if c.src.IsPrefix() {
		r.Digest = r.Manifest(c.artifact()).Digest
	} else {
		r.Digest = r.Copied[0].Digest
	}
	return r
}
