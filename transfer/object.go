package transfer

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/openintercloud/broker/catalog/unit"
)

// object copies one object to a key of its own: by the stores themselves where nothing promised is lost, else through
// this process.
func (c *copier) object(ctx context.Context, to Target, i item) error {
	err := c.describe(ctx, to, &i)
	var obj Object
	var sum Sum
	done := false
	if err == nil {
		obj, sum, done, err = c.finishedBefore(ctx, to, i)
	}
	if err == nil && !done {
		obj, sum, err = c.move(ctx, to, i)
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

// describe completes what is known of the source, where a listing or a manifest has not told all.
func (c *copier) describe(ctx context.Context, to Target, i *item) (err error) {
	if i.want == nil && !i.src.Brief {
		return nil
	}
	want := ManifestObject{Path: i.path, Size: i.src.Size}
	if i.want != nil {
		want = *i.want
	}
	was := i.src
	i.src, err = c.pin(ctx, c.src, to, want)
	if err == nil && was.Version != "" && was.Version != i.src.Version {
		err = fmt.Errorf("%s has changed since it was listed: %w", was.Key, ErrConflict)
	}
	return err
}

// move copies an object that is not at the destination yet, and notes that it is.
func (c *copier) move(ctx context.Context, to Target, i item) (Object, Sum, error) {
	obj, sum, done, err := c.serverSide(ctx, to, i)
	if err == nil && !done {
		obj, sum, err = c.stream(ctx, to, i)
	}
	if err == nil {
		noted := ledgerRecord{Op: "done", Path: i.path, Sum: &sum, Version: obj.Version}
		if c.streamed != nil {
			noted = ledgerRecord{Op: "drop", Path: i.path} // the next listing tells
		}
		err = c.ledger.append(false, noted)
	}
	return obj, sum, err
}

// finishedBefore finds an object that an earlier call with this ledger has copied, unless it has changed since at either end.
func (c *copier) finishedBefore(ctx context.Context, to Target, i item) (Object, Sum, bool, error) {
	known, ok := c.ledger.at(i.path)
	if !ok || known.version == "" {
		return Object{}, Sum{}, false, nil
	}
	if known.source == i.src.Version && known.sum != nil {
		there, err := to.Bucket.Stat(ctx, to.Key)
		if err == nil && there.Version == known.version {
			c.resumed(partSum{Size: int64(known.sum.Size)})
			return there, *known.sum, true, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Object{}, Sum{}, false, err
		}
	}
	return Object{}, Sum{}, false, c.ledger.append(false, ledgerRecord{Op: "drop", Path: i.path})
}

// from is the source of an item.
func (c *copier) from(i item) Target { return Target{c.src.Bucket, i.src.Key} }

func (c *copier) attributes(i item) CreateOptions {
	return CreateOptions{
		IfAbsent: c.opts.IfAbsent, Size: i.src.Size, PartSize: unit.Bytes(c.opts.partSize(int64(i.src.Size))),
		ContentType: i.src.ContentType, Meta: maps.Clone(i.src.Meta),
	}
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

// confirm compares a committed object with what was read. One without a checksum is read back, and once more when that differs: the
// damage may lie on the way.
func (s *session) confirm(ctx context.Context, to Target, obj Object, sum Sum) error {
	there, again := Sum{Size: obj.Size, CRC32C: obj.CRC32C}, 0
	if !obj.HasCRC {
		there.CRC32C = sum.CRC32C
		if !s.opts.SkipReadBack && obj.Size == sum.Size {
			again = 2
		}
	}
	err := there.differs(sum)
	for ; again > 0; again-- {
		there, err = s.spans(ctx, reading{from: to, obj: obj, check: true})
		if err != nil {
			return fmt.Errorf("read back: %w", err)
		}
		if err = there.differs(sum); err == nil {
			break
		}
	}
	if err != nil {
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
	noted := ledgerRecord{Op: "begin", Path: i.path, Key: to.Key, Source: i.src.Version, Existed: i.existed, Sum: &sum}
	if err := c.ledger.append(false, noted); err != nil {
		return Object{}, false, err
	}
	err = c.again(ctx, seedOf(to.Key, 0), func() (err error) {
		if err := c.meter.charge(Usage{Bytes: i.src.Size, Writes: 1}); err != nil {
			return err
		}
		obj, did, err = able.CopyFrom(ctx, to.Key, c.src.Bucket, i.src, c.attributes(i))
		if err != nil {
			obj, err = settle(ctx, to, err, err, func(ctx context.Context, there Object) error { return c.confirm(ctx, to, there, sum) })
			did = err == nil
		}
		if !did {
			c.meter.refund(i.src.Size)
		}
		return err
	})
	return obj, did, err
}
