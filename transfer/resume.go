package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sync/errgroup"
)

// recall goes on with what an earlier call began: with its upload, or, when that was committed, with the object itself (done). An
// upload of another version of the source is aborted, never mixed.
func (x *sending) recall(ctx context.Context) (obj Object, sum Sum, done bool, err error) {
	known, ok := x.c.ledger.at(x.i.path)
	if !ok {
		return Object{}, Sum{}, false, nil
	}
	up, stored, err := x.c.resume(ctx, x.to, known, x.c.attributes(x.i))
	same := known.source == x.i.src.Version
	switch {
	case err != nil:
		return Object{}, Sum{}, false, err
	case up == nil && same && known.sum != nil:
		return x.adopt(ctx, *known.sum)
	case up == nil:
		return Object{}, Sum{}, false, x.drop()
	case !same || x.parts() <= 1:
		return Object{}, Sum{}, false, x.abort(ctx, up)
	}
	x.up, x.token, x.have = up, known.token, reconcile(known.parts, stored)
	return Object{}, Sum{}, false, nil
}

// abort throws an upload away that is of no use.
func (x *sending) abort(ctx context.Context, up Upload) error {
	if err := x.c.again(ctx, seedOf(x.to.Key, -2), func() error { return up.Abort(ctx) }); err != nil {
		return err
	}
	return x.drop()
}

// adopt takes the object at the destination when it is what was about to be committed: the process ended before it could note it.
func (x *sending) adopt(ctx context.Context, sum Sum) (Object, Sum, bool, error) {
	var obj Object
	err := x.c.again(ctx, seedOf(x.to.Key, -3), func() (err error) {
		obj, err = x.to.Bucket.Stat(ctx, x.to.Key)
		return err
	})
	if err == nil {
		err = x.c.confirm(ctx, x.to, obj, sum)
	}
	switch {
	case err == nil:
		x.c.resumed(partSum{Size: int64(sum.Size)})
		return obj, sum, true, nil
	case errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt):
		return Object{}, Sum{}, false, x.drop()
	}
	return Object{}, Sum{}, false, err
}

// resume opens an upload of the ledger; there is none when it is gone.
func (s *session) resume(ctx context.Context, to Target, known entry, opts CreateOptions) (up Upload, stored []StoredPart, err error) {
	able, ok := to.Bucket.(Resumer)
	if !ok || known.token == "" {
		return nil, nil, nil
	}
	err = s.again(ctx, seedOf(to.Key, -4), func() (err error) {
		up, stored, err = able.Resume(ctx, to.Key, known.token, opts)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil, nil
	}
	return up, stored, err
}

// reconcile is the parts that the ledger and the store agree on.
func reconcile(known map[int]partSum, stored []StoredPart) map[int]partSum {
	have := map[int]partSum{}
	for _, there := range stored {
		p, ok := known[there.N]
		if ok && p.Size == int64(there.Size) && (!there.HasCRC || p.CRC32C == there.CRC32C) {
			have[there.N] = p
		}
	}
	return have
}

// leftover aborts the uploads of the ledger that belong to nothing any more, and forgets them.
func (s *session) leftover(ctx context.Context, l *ledger, to Bucket) error {
	var g errgroup.Group
	g.SetLimit(s.opts.streams())
	for path, known := range l.open() {
		g.Go(func() error {
			if err := s.abort(ctx, Target{to, known.key}, known); err != nil {
				return err
			}
			return l.append(false, ledgerRecord{Op: "drop", Path: path})
		})
	}
	return g.Wait()
}

// abort ends the upload of an entry, if there still is one.
func (s *session) abort(ctx context.Context, at Target, known entry) error {
	up, _, err := s.resume(ctx, at, known, CreateOptions{})
	if err != nil || up == nil {
		return err
	}
	return s.again(ctx, seedOf(at.Key, -2), func() error { return up.Abort(ctx) })
}

// Discard undoes what a failed or killed [Copy] with a ledger has left at dst: its uploads are aborted, the objects it added are
// deleted unless they have changed since, and the ledger is removed. Objects that replaced others stay. No ledger is no error.
// dst is the target that Copy was given, folder its [Options.Ledger].
func Discard(ctx context.Context, dst Target, folder string) error {
	l, err := readLedger(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("discard: %w", err)
	}
	if l.plan.To != "" && !l.plan.leadsTo(dst) {
		return errors.Join(&LedgerError{folder, "it belongs to a copy to " + l.plan.To}, l.close())
	}
	s := newSession(Options{}, Target{}, dst)
	if err := errors.Join(s.undo(ctx, l, dst.Bucket), s.leftover(ctx, l, dst.Bucket)); err != nil {
		return errors.Join(fmt.Errorf("discard %s: %w", folder, err), l.close())
	}
	return l.remove()
}

// leadsTo reports whether the plan's destination is dst, or an object put below it.
func (p ledgerPlan) leadsTo(dst Target) bool {
	if p.To == dst.String() {
		return true
	}
	return dst.IsPrefix() && len(p.To) > len(dst.String()) && p.To[:len(dst.String())] == dst.String()
}

// undo deletes the objects that the copy has added.
func (s *session) undo(ctx context.Context, l *ledger, b Bucket) error {
	l.mu.Lock()
	var fresh []entry
	for _, e := range l.entries {
		if e.sum != nil && !e.existed {
			fresh = append(fresh, *e)
		}
	}
	l.mu.Unlock()
	var g errgroup.Group
	g.SetLimit(s.opts.streams())
	for _, e := range fresh {
		g.Go(func() error { return s.remove(ctx, Target{b, e.key}, e) })
	}
	return g.Wait()
}

// remove deletes an object of the copy. One whose commit was not noted is ours when it is what was about to be committed.
func (s *session) remove(ctx context.Context, at Target, known entry) error {
	if known.version == "" {
		obj, err := s.stat(ctx, at)
		if err == nil {
			err = s.confirm(ctx, at, obj, *known.sum)
		}
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
			return nil
		}
		if err != nil {
			return err
		}
		known.version = obj.Version
	}
	return s.again(ctx, seedOf(at.Key, -5), func() error { return remove(ctx, at, known.version) })
}
