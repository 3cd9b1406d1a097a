package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog/unit"
)

// SyncOptions tune [Sync]. The zero value copies what is missing or different, and deletes nothing.
type SyncOptions struct {
	// Options are those of Copy. Manifest and Publish are refused: a synchronized prefix is no set. Of a Ledger only uploads in
	// parts have any use, what is finished is seen in the listings.
	Options
	// Delete removes what the destination has and the source has not. What is left out by Include and the globs stays.
	// Default: nothing is removed.
	Delete bool
	// DryRun changes nothing: Change and the report tell what would be done and what it would cost. Default: it is done.
	DryRun bool
	// IncludeGlobs are the paths, below the prefixes, to take: "*" is any text without "/", "**" with it. Default: all.
	IncludeGlobs []string
	// ExcludeGlobs are paths to leave alone at both ends, though IncludeGlobs name them. Default: none.
	ExcludeGlobs []string
	// Change is told of every change before it is made, one call at a time, in ascending order of path; it must not block.
	// Default: nobody is told.
	Change func(Change)
}

// Change is something that [Sync] does to one object of the destination.
type Change struct {
	Op     string // "copy" or "delete"
	Path   string // below both prefixes
	Size   unit.Bytes
	Reason string // "missing", "size", "checksum" or "newer" of a copy; "extra" of what is deleted
}

// SyncReport is what [Sync] did, or would have done.
type SyncReport struct {
	Same       int // objects that were as they should be
	Copied     int
	Deleted    int
	Bytes      unit.Bytes // of the copied objects
	ServerSide unit.Bytes // bytes the stores moved by themselves
	Resumed    unit.Bytes // bytes that an earlier call with the same ledger had moved
	Resent     unit.Bytes // bytes that were moved more than once
	Retries    int
	Hedges     int
	Streams    int // most streams at once
	Money      unit.Money
}

// Sync makes what is below the prefix dst what is below the prefix src. Both are listed side by side while objects are copied, so that
// memory does not grow with their number.
//
// An object is copied when it is missing, when its size differs, when the checksums differ, and, where one of the stores tells none,
// when the source is newer. Each is copied as [Copy] does, whole or not at all. After a failure what has been done stays: calling Sync
// again goes on. The error is an [*Error] of Op "copy".
func Sync(ctx context.Context, dst, src Target, opts SyncOptions) (SyncReport, error) {
	y := &syncing{copier: &copier{session: newSession(opts.Options, src, dst), dst: dst, src: src}, sync: opts}
	y.streamed = func(obj Object) {
		y.report.Copied++
		y.report.Bytes += obj.Size
	}
	err := y.check()
	if err == nil {
		err = y.remembered(ctx)
	}
	if err != nil {
		return SyncReport{}, wrapCopy(dst, err)
	}
	return y.total(), nil
}

// syncing is one call of Sync.
type syncing struct {
	*copier
	sync   SyncOptions
	report SyncReport // what is copied under doneMu, the rest by the one that walks
	would  Usage      // of a dry run
}

func (y *syncing) check() error {
	if err := y.checkTargets(); err != nil {
		return err
	}
	if !y.src.IsPrefix() {
		return fmt.Errorf("sync wants prefixes, the source %s is an object: %w", y.src, ErrInvalid)
	}
	if y.sync.Manifest != nil || y.sync.Publish != "" {
		return fmt.Errorf("sync takes no manifest and publishes none: %w", ErrInvalid)
	}
	if Name(y.src.Bucket) == Name(y.dst.Bucket) && y.overlaps() {
		return fmt.Errorf("source %s and destination overlap: %w", y.src, ErrInvalid)
	}
	for _, globs := range [][]string{y.sync.IncludeGlobs, y.sync.ExcludeGlobs} {
		for _, g := range globs {
			if !doublestar.ValidatePattern(g) {
				return fmt.Errorf("glob %q is malformed: %w", g, ErrInvalid)
			}
		}
	}
	return nil
}

// remembered runs with the ledger.
func (y *syncing) remembered(ctx context.Context) (err error) {
	if y.sync.DryRun {
		return y.run(ctx)
	}
	if y.ledger, err = openLedger(y.opts.Ledger, y.plan()); err != nil {
		return err
	}
	if err = y.run(ctx); err == nil {
		err = y.leftover(ctx, y.ledger, y.dst.Bucket)
	}
	if err != nil {
		return errors.Join(err, y.ledger.close())
	}
	return y.ledger.remove()
}

// run walks both listings side by side.
func (y *syncing) run(ctx context.Context) error {
	for _, op := range []string{"read", "create"} {
		if err := y.opts.allow(ctx, Hop{Op: op, From: y.src, To: y.dst}); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(y.opts.streams())
	err := y.merge(gctx, g)
	if failed := g.Wait(); failed != nil {
		return failed
	}
	y.update(func(p *Progress) { p.Listed = true })
	return err
}

func (y *syncing) merge(ctx context.Context, g *errgroup.Group) error {
	next, stop := iter.Pull2(y.wanted(ctx, y.dst))
	defer stop()
	there, err, more := next()
	for here, listed := range y.wanted(ctx, y.src) {
		if err = errors.Join(listed, err); err != nil {
			return err
		}
		for more && there.path < here.path {
			y.extra(ctx, g, there)
			if there, err, more = next(); err != nil {
				return err
			}
		}
		var old Object
		exists := more && there.path == here.path
		if exists {
			old = there.obj
			there, err, more = next()
		}
		y.pair(ctx, g, here, old, exists)
	}
	for more && err == nil && ctx.Err() == nil {
		y.extra(ctx, g, there)
		there, err, more = next()
	}
	return errors.Join(err, ctx.Err())
}

// pair decides about an object of the source and the one of the same path at the destination.
func (y *syncing) pair(ctx context.Context, g *errgroup.Group, here found, old Object, exists bool) {
	why := "missing"
	if exists {
		why = different(here.obj, old)
	}
	if why == "" {
		y.report.Same++
		return
	}
	y.tell(Change{Op: "copy", Path: here.path, Size: here.obj.Size, Reason: why})
	y.update(func(p *Progress) { p.ObjectsTotal++; p.BytesTotal += here.obj.Size })
	if y.sync.DryRun {
		y.would = y.would.plus(y.opts.usage(here.obj))
		y.streamed(here.obj)
		return
	}
	g.Go(func() error {
		return y.object(ctx, Target{y.dst.Bucket, y.dst.Key + here.path}, item{path: here.path, src: here.obj, existed: exists})
	})
}

// extra decides about an object that only the destination has.
func (y *syncing) extra(ctx context.Context, g *errgroup.Group, there found) {
	if !y.sync.Delete {
		return
	}
	y.tell(Change{Op: "delete", Path: there.path, Size: there.obj.Size, Reason: "extra"})
	y.report.Deleted++
	if y.sync.DryRun {
		return
	}
	g.Go(func() error {
		at := Target{y.dst.Bucket, there.obj.Key}
		return y.again(ctx, seedOf(at.Key, 0), func() error { return remove(ctx, at, there.obj.Version) })
	})
}

func (y *syncing) tell(c Change) {
	if y.sync.Change != nil {
		y.sync.Change(c)
	}
}

// different says why an object must be copied over another, or nothing.
func different(src, dst Object) string {
	switch {
	case src.Size != dst.Size:
		return "size"
	case src.HasCRC && dst.HasCRC && src.CRC32C == dst.CRC32C:
		return ""
	case src.HasCRC && dst.HasCRC:
		return "checksum"
	case src.Modified.After(dst.Modified):
		return "newer"
	}
	return ""
}

// wanted is what is below a prefix and named by the globs.
func (y *syncing) wanted(ctx context.Context, at Target) iter.Seq2[found, error] {
	return func(yield func(found, error) bool) {
		for f, err := range y.below(ctx, at) {
			if err == nil && !y.named(f.path) {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

func (y *syncing) named(path string) bool {
	return (len(y.sync.IncludeGlobs) == 0 || matches(y.sync.IncludeGlobs, path)) && !matches(y.sync.ExcludeGlobs, path)
}

func matches(globs []string, path string) bool {
	for _, g := range globs {
		if doublestar.MatchUnvalidated(strings.TrimPrefix(g, "/"), path) {
			return true
		}
	}
	return false
}

func (y *syncing) total() SyncReport {
	streams, effort := y.state()
	used, money := y.meter.total()
	r := y.report
	r.ServerSide, r.Streams, r.Money = y.server, streams, money
	r.Resumed, r.Resent, r.Retries, r.Hedges = effort.resumed, effort.resent, effort.retries, effort.hedges
	if y.sync.DryRun {
		if cost, err := y.opts.Tariff.Cost(used.plus(y.would)); err == nil {
			r.Money = cost
		}
	}
	return r
}
