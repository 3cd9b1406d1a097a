package transfer

import (
	"context"

	"github.com/openintercloud/broker/catalog/unit"
)

// Quote is what a copy would move and cost.
type Quote struct {
	Objects  int
	Bytes    unit.Bytes
	Requests int64 // of all kinds
	Usage    Usage // what they are, by kind of price
	Money    unit.Money
}

// QuoteCopy tells what [Copy] would cost by the Tariff of the options, from listings alone. It takes every byte to pass through this
// process once; retries, and reading back from a store that tells no checksum, come on top.
func QuoteCopy(ctx context.Context, dst, src Target, opts Options) (Quote, error) {
	opts.Spend = 0
	c := &copier{session: newSession(opts, src, dst), dst: dst, src: src}
	err := c.check()
	var q Quote
	if err == nil {
		q, err = c.quote(ctx)
	}
	if err == nil {
		q.Money, err = opts.Tariff.Cost(q.Usage)
	}
	if err != nil {
		return Quote{}, wrapCopy(dst, err)
	}
	q.Requests = q.Usage.Reads + q.Usage.Writes + q.Usage.Lists
	return q, nil
}

func (c *copier) quote(ctx context.Context) (q Quote, err error) {
	if err := c.opts.allow(ctx, Hop{Op: "read", From: c.src, To: c.dst}); err != nil {
		return Quote{}, err
	}
	if !c.src.IsPrefix() {
		obj, err := c.stat(ctx, c.src)
		if err == nil {
			obj.Brief = true // Copy asks too
			q.add(obj, c.opts)
		}
		return q, err
	}
	for _, err := range c.listing(ctx, c.dst) { // Copy does so, to see what it replaces
		if err != nil {
			return Quote{}, err
		}
	}
	err = c.items(ctx, func(i item) error {
		if i.want != nil {
			i.src = Object{Size: i.want.Size, Brief: true}
		}
		q.add(i.src, c.opts)
		return nil
	})
	listed, _ := c.meter.total()
	q.Usage.Lists += listed.Lists
	return q, err
}

func (q *Quote) add(obj Object, opts Options) {
	q.Objects++
	q.Bytes += obj.Size
	q.Usage = q.Usage.plus(opts.usage(obj))
}

// usage is what copying one object takes.
func (o Options) usage(obj Object) Usage {
	part := o.partSize(int64(obj.Size))
	parts := (int64(obj.Size) + part - 1) / part
	u := Usage{Bytes: obj.Size, Reads: parts, Writes: max(parts, 1)}
	if parts > 1 {
		u.Writes += 2
	}
	if obj.Brief {
		u.Reads++
	}
	return u
}
