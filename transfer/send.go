package transfer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
)

// sending is one object on its way through this process.
type sending struct {
	c  *copier
	to Target
	i  item
	up Upload

	have  map[int]partSum // parts that are stored already
	mu    sync.Mutex
	token string // by which the ledger knows the upload
	holds bool   // a stream, while a small object is under way
}

// objectTries is how often an object is begun anew because its upload was lost or what arrived was not what was read.
const objectTries = 3

// errLost marks an upload that the store knows no more.
var errLost = errors.New("the upload is gone")

// stream moves the bytes through this process.
func (c *copier) stream(ctx context.Context, to Target, i item) (Object, Sum, error) {
	if err := c.opts.allow(ctx, Hop{Op: "create", From: c.from(i), To: to}); err != nil {
		return Object{}, Sum{}, err
	}
	for try := 1; ; try++ {
		x := &sending{c: c, to: to, i: i}
		obj, sum, err := x.send(ctx)
		again := errors.Is(err, errLost) || errors.Is(err, ErrCorrupt) && try < objectTries-1
		if err == nil || !again || try == objectTries || ctx.Err() != nil {
			return obj, sum, err
		}
		c.count(func(e *effort) { e.retries++; e.resent += i.src.Size })
	}
}

// send copies the object once. What fails for good leaves nothing behind; what may go on later stays when a ledger knows of it.
func (x *sending) send(ctx context.Context) (Object, Sum, error) {
	obj, sum, done, err := x.recall(ctx)
	if err != nil || done {
		return obj, sum, err
	}
	if x.up == nil && int64(x.i.src.Size) <= x.c.opts.partSize(int64(x.i.src.Size)) {
		return x.small(ctx)
	}
	if x.up == nil {
		if err := x.create(ctx, nil); err != nil {
			return Object{}, Sum{}, err
		}
	}
	sum, err = x.c.spans(ctx, reading{from: x.c.from(x.i), obj: x.i.src, to: x.to, have: x.have, take: x.part, kept: x.kept})
	if err == nil {
		err = x.i.compare(sum)
	}
	if err == nil {
		err = x.c.ledger.append(true, ledgerRecord{Op: "seal", Path: x.i.path, Sum: &sum})
	}
	if err != nil {
		return Object{}, Sum{}, x.give(ctx, err)
	}
	obj, err = x.commit(ctx, sum)
	return obj, sum, err
}

// create opens the upload. The ledger is told before, by a name made up here, and again when the store has chosen another.
func (x *sending) create(ctx context.Context, sum *Sum) error {
	opts := x.c.attributes(x.i)
	if _, able := x.to.Bucket.(Resumer); able && x.c.ledger != nil {
		opts.Token = rand.Text()
	}
	err := x.tell(opts.Token, sum)
	if err != nil {
		return err
	}
	err = x.c.again(ctx, seedOf(x.to.Key, 0), func() error {
		up, err := x.to.Bucket.Create(ctx, x.to.Key, opts)
		if err == nil {
			x.up = up
		}
		return err
	})
	if err != nil {
		return errors.Join(err, x.drop())
	}
	if err := x.named(sum); err != nil {
		return x.give(ctx, err)
	}
	return nil
}

// tell lets the ledger know the upload. An object of one part has its sum from the beginning, and needs no fsync.
func (x *sending) tell(token string, sum *Sum) error {
	if x.c.ledger == nil {
		return nil
	}
	x.token = token
	return x.c.ledger.append(sum == nil, ledgerRecord{
		Op: "begin", Path: x.i.path, Key: x.to.Key, Source: x.i.src.Version, Existed: x.i.existed, Token: token, Sum: sum,
	})
}

// named tells the ledger the name of the upload once the store has given it another, at the first part at the latest.
func (x *sending) named(sum *Sum) error {
	r, able := x.up.(Resumable)
	if !able || x.c.ledger == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if token := r.Token(); token != "" && token != x.token {
		return x.tell(token, sum)
	}
	return nil
}

// part stores one part.
func (x *sending) part(ctx context.Context, n int, p []byte) error {
	if err := x.c.meter.charge(Usage{Writes: writesOf(int64(n), x.parts())}); err != nil {
		return err
	}
	err := x.up.Part(ctx, n, bytes.NewReader(p))
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if err == nil && x.parts() > 1 {
		err = x.named(nil)
	}
	return err
}

// parts is how many parts the object has.
func (x *sending) parts() int64 {
	size := int64(x.i.src.Size)
	part := x.c.opts.partSize(size)
	return (size + part - 1) / part
}

// kept remembers a stored part.
func (x *sending) kept(n int, sum partSum) error {
	if x.c.ledger == nil {
		return nil
	}
	return x.c.ledger.append(false, ledgerRecord{Op: "part", Path: x.i.path, N: n, Part: &sum})
}

// small copies an object of one part, or of none: it is read and compared before anything is created. From the first request to the
// commit it counts as one stream.
func (x *sending) small(ctx context.Context) (obj Object, sum Sum, err error) {
	if err := x.c.acquire(ctx); err != nil {
		return Object{}, Sum{}, err
	}
	x.holds = true
	defer func() { x.letGo(err) }()
	if sum, err = x.smallPart(ctx); err == nil {
		obj, err = x.commit(ctx, sum)
		return obj, sum, err
	}
	if x.up != nil {
		err = x.give(ctx, err)
	}
	return Object{}, Sum{}, err
}

// letGo gives the stream of a small object back, if it is held.
func (x *sending) letGo(err error) {
	if x.holds {
		x.holds = false
		x.c.release(int64(x.i.src.Size), err)
	}
}

// smallPart moves the only part.
func (x *sending) smallPart(ctx context.Context) (sum Sum, err error) {
	size := int64(x.i.src.Size)
	buf, err := x.c.budget.get(ctx, size)
	if err != nil {
		return Sum{}, err
	}
	defer x.c.budget.put(buf)
	h := Hasher{crcOnly: x.c.opts.SkipDigest}
	r := reading{from: x.c.from(x.i), obj: x.i.src, to: x.to}
	if size > 0 {
		if err := x.c.fetch(ctx, r, 1, 0, buf, &h); err != nil {
			return Sum{}, fmt.Errorf("part 1, bytes 0 to %d: %w", size, err)
		}
	}
	if sum = h.Sum(); h.crcOnly {
		sum.Digest = ""
	}
	if err := x.i.compare(sum); err != nil {
		return Sum{}, err
	}
	if size == 0 {
		if err := x.c.meter.charge(Usage{Writes: 1}); err != nil {
			return Sum{}, err
		}
	}
	if err := x.create(ctx, &sum); err != nil || size == 0 {
		return sum, err
	}
	err = x.c.again(ctx, seedOf(x.to.Key, 1), func() error { return x.part(ctx, 1, buf) })
	if err != nil {
		return Sum{}, fmt.Errorf("part 1, bytes 0 to %d: %w", size, err)
	}
	return sum, x.c.arrived(r, 1, &h)
}

// commit makes the object visible and compares what the destination has with what was read.
func (x *sending) commit(ctx context.Context, sum Sum) (obj Object, err error) {
	if e, ok := x.up.(Expecter); ok {
		e.Expect(sum.Size, sum.CRC32C)
	}
	confirm := func(ctx context.Context, there Object) error { return x.c.confirm(ctx, x.to, there, sum) }
	settled := false
	var doubt error // a try of which it is not known what it did: what is refused after it may be its success
	err = x.c.again(ctx, seedOf(x.to.Key, -1), func() (err error) {
		obj, err = x.up.Commit(ctx)
		x.letGo(err) // what comes now may read the object back, which needs a stream of its own
		if err == nil {
			return nil
		}
		if !refused(err) {
			doubt = err
		}
		obj, err = settle(ctx, x.to, cmp.Or(doubt, err), err, confirm)
		settled = err == nil
		if errors.Is(err, ErrCorrupt) { // the same parts make the same object
			err = refusal{err}
		}
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return Object{}, x.give(ctx, fmt.Errorf("%w: %w", errLost, err))
	case err != nil:
		return Object{}, x.give(ctx, err)
	case settled:
		_ = abandon(ctx, x.up, nil) // the object is there, by this upload or before it
		return obj, nil
	}
	if err := confirm(ctx, obj); err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		return Object{}, errors.Join(err, remove(ctx, x.to, obj.Version), x.drop())
	}
	return obj, nil
}

// give leaves the upload to a later call, when a ledger knows of it and it can still become the object; else it is aborted.
func (x *sending) give(ctx context.Context, err error) error {
	r, able := x.up.(Resumable)
	spent := errors.As(err, new(*SpendError))
	hopeless := errors.Is(err, ErrCorrupt) || errors.Is(err, errLost) || final(err) && !errors.Is(err, context.Canceled) && !spent
	if x.c.ledger != nil && able && r.Token() != "" && !hopeless {
		if c, ok := x.up.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
		return err
	}
	return errors.Join(abandon(ctx, x.up, err), x.drop())
}

// drop makes the ledger forget the object.
func (x *sending) drop() error {
	return x.c.ledger.append(false, ledgerRecord{Op: "drop", Path: x.i.path})
}

// writesOf is how many writing requests part n of so many stands for: an upload in parts is begun and ended too.
func writesOf(n, parts int64) int64 {
	if n == 1 && parts > 1 {
		return 3
	}
	return 1
}
