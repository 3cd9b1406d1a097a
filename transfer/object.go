package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/openintercloud/broker/catalog/unit"
)

// object copies one object to a key of its own: by the stores themselves where nothing promised is lost, else through
// this process.
func (c *copier) object(ctx context.Context, to Target, i item) error {
	if i.want != nil {
		var err error
		if i.src, err = c.pin(ctx, c.src, to, *i.want); err != nil {
			return wrapCopy(to, err)
		}
	}
	obj, sum, done, err := c.serverSide(ctx, to, i)
	if err == nil && !done {
		obj, sum, err = c.stream(ctx, to, i)
	}
	if err != nil {
		return wrapCopy(to, err)
	}
	if sum.Digest == "" && i.want != nil {
		sum.Digest = i.want.Digest // size and checksum were compared
	}
	c.finished(i, to, obj, sum)
	return nil
}

// from is the source of an item.
func (c *copier) from(i item) Target { return Target{c.src.Bucket, i.src.Key} }

func (c *copier) attributes(i item) CreateOptions {
	return CreateOptions{
		IfAbsent: c.opts.IfAbsent, Size: i.src.Size, PartSize: unit.Bytes(c.opts.partSize(int64(i.src.Size))),
		ContentType: i.src.ContentType, Meta: maps.Clone(i.src.Meta),
	}
}

// stream moves the bytes through this process.
func (c *copier) stream(ctx context.Context, to Target, i item) (Object, Sum, error) {
	if err := c.opts.allow(ctx, Hop{Op: "create", From: c.from(i), To: to}); err != nil {
		return Object{}, Sum{}, err
	}
	up, err := to.Bucket.Create(ctx, to.Key, c.attributes(i))
	if err != nil {
		return Object{}, Sum{}, err
	}
	sum, err := c.spans(ctx, reading{from: c.from(i), obj: i.src, to: to, take: func(ctx context.Context, n int, p []byte) error {
		return up.Part(ctx, n, bytes.NewReader(p))
	}})
	if err == nil {
		err = i.compare(sum)
	}
	if err != nil {
		return Object{}, Sum{}, abandon(ctx, up, err)
	}
	obj, err := c.commit(ctx, up, to, sum)
	return obj, sum, err
}

// compare holds what was read against what the source store and the manifest say.
func (i item) compare(sum Sum) error {
	if i.src.HasCRC && i.src.CRC32C != sum.CRC32C {
		return fmt.Errorf("read crc32c %08x, the source store says %08x: %w", sum.CRC32C, i.src.CRC32C, ErrCorrupt)
	}
	if i.want == nil {
		return nil
	}
	if err := sum.differs(i.want.Sum()); err != nil {
		return fmt.Errorf("the source is not what the manifest says: %w", err)
	}
	return nil
}

// commit makes the object visible and compares what the destination has with what was read.
func (c *copier) commit(ctx context.Context, up Upload, to Target, sum Sum) (Object, error) {
	if e, ok := up.(Expecter); ok {
		e.Expect(sum.Size, sum.CRC32C)
	}
	obj, err := up.Commit(ctx)
	if err != nil {
		return c.settle(ctx, to, sum, err, abandon(ctx, up, err))
	}
	if err := c.confirm(ctx, to, obj, sum); err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		return Object{}, errors.Join(err, remove(ctx, to, obj.Version))
	}
	return obj, nil
}

// settle decides a commit that failed: see the function of that name.
func (c *copier) settle(ctx context.Context, to Target, sum Sum, cause, lost error) (Object, error) {
	return settle(ctx, to, cause, lost, func(ctx context.Context, there Object) error { return c.confirm(ctx, to, there, sum) })
}

// confirm compares a committed object with what was read; one without a checksum is read back.
func (c *copier) confirm(ctx context.Context, to Target, obj Object, sum Sum) error {
	there := Sum{Size: obj.Size, CRC32C: obj.CRC32C}
	if !obj.HasCRC {
		there.CRC32C = sum.CRC32C
		if !c.opts.SkipReadBack && obj.Size == sum.Size {
			var err error
			if there, err = c.spans(ctx, reading{from: to, obj: obj, check: true}); err != nil {
				return fmt.Errorf("read back: %w", err)
			}
		}
	}
	if err := there.differs(sum); err != nil {
		return fmt.Errorf("the destination is not what was sent: %w", err)
	}
	return nil
}

// serverSide lets the stores move the object. It does not when a sum would be missing afterwards: the checksum of the
// source must be known, and the digest either known or not wanted.
func (c *copier) serverSide(ctx context.Context, to Target, i item) (Object, Sum, bool, error) {
	able, ok := to.Bucket.(Copier)
	sum := Sum{Size: i.src.Size, CRC32C: i.src.CRC32C}
	if !ok || !i.src.HasCRC {
		return Object{}, Sum{}, false, nil
	}
	if i.want != nil {
		sum.Digest = i.want.Digest
		if err := sum.differs(i.want.Sum()); err != nil {
			return Object{}, Sum{}, false, fmt.Errorf("the source is not what the manifest says: %w", err)
		}
	}
	if sum.Digest == "" && !c.opts.SkipDigest {
		return Object{}, Sum{}, false, nil
	}
	obj, did, err := c.copyFrom(ctx, able, to, i, sum)
	if err != nil || !did {
		return Object{}, Sum{}, false, err
	}
	if err := c.confirm(ctx, to, obj, sum); err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		return Object{}, Sum{}, false, errors.Join(err, remove(ctx, to, obj.Version))
	}
	c.update(func(p *Progress) { p.Bytes += obj.Size })
	c.doneMu.Lock()
	defer c.doneMu.Unlock()
	c.server += obj.Size
	return obj, sum, true, nil
}

// copyFrom asks the destination to fetch the object, which counts as one stream.
func (c *copier) copyFrom(ctx context.Context, able Copier, to Target, i item, sum Sum) (obj Object, did bool, err error) {
	if err := c.opts.allow(ctx, Hop{Op: "copy", From: c.from(i), To: to}); err != nil {
		return Object{}, false, err
	}
	if err := c.acquire(ctx); err != nil {
		return Object{}, false, err
	}
	defer func() { c.release(int64(i.src.Size), err) }()
	obj, did, err = able.CopyFrom(ctx, to.Key, c.src.Bucket, i.src, c.attributes(i))
	if err != nil {
		obj, err = c.settle(ctx, to, sum, err, err)
		did = err == nil
	}
	return obj, did, err
}
