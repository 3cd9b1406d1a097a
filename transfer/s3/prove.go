package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// meant is the checksum that the object must have, when that is known.
func (u *upload) meant(whole parts.Part) (uint32, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.expect != nil {
		return u.expect.CRC32C, true
	}
	return whole.CRC32C, whole.HasCRC
}

// mine looks whether the object that is there has this content.
func (u *upload) mine(ctx context.Context, c parts.Content) (transfer.Object, bool) {
	obj, err := u.b.stat(ctx, u.key)
	if err != nil {
		return transfer.Object{}, false
	}
	crc, known := u.meant(c.Whole)
	same := obj.HasCRC && known && obj.CRC32C == crc || obj.Version == tagOf(c)
	return obj, same && obj.Size == unit.Bytes(c.Whole.Size)
}

// tagOf is the entity tag that most stores give to this content; "" when that cannot be told.
func tagOf(c parts.Content) string {
	if !c.Single && len(c.Parts) > 0 {
		return partsTag(c.Parts)
	}
	_, tag, err := md5Of(bytes.NewReader(c.Held))
	if err != nil {
		return "" // cannot be: it is in memory
	}
	return tag
}

// proved is the object that the store says it made, if that is what was meant. It has a checksum only when the store has compared
// it, or has told something that no other content would lead to.
func (u *upload) proved(ctx context.Context, c parts.Content, a answer) (transfer.Object, error) {
	obj := transfer.Object{
		Key: u.key, Size: unit.Bytes(c.Whole.Size), Version: a.tag, Modified: serverTime(a.meta), ContentType: u.opts.ContentType,
		Meta: maps.Clone(u.opts.Meta),
	}
	want, known := u.meant(c.Whole)
	if u.byTag != "" {
		return u.provedByTag(ctx, obj, want)
	}
	if u.sums != MD5Sums {
		obj.CRC32C, obj.HasCRC = fullCRC(a.crc, a.kind)
	}
	if obj.HasCRC && known && obj.CRC32C != want {
		err := fmt.Errorf("sent crc32c %08x, the store has %08x: %w", want, obj.CRC32C, transfer.ErrCorrupt)
		return transfer.Object{}, u.undo(ctx, obj, err)
	}
	if !obj.HasCRC && c.Whole.HasCRC && (u.copied || u.compared(c, a)) {
		obj.CRC32C, obj.HasCRC = want, true
	}
	return obj, nil
}

// compared reports whether the answer shows that the store has these parts, each of which it compared.
func (u *upload) compared(c parts.Content, a answer) bool {
	switch u.sums {
	case PartSums:
		return aws.ToString(a.crc) == composite(c.Parts)
	case MD5Sums:
		return !u.foreign.Load() && a.tag == tagOf(c)
	default:
		return false
	}
}

func (u *upload) provedByTag(ctx context.Context, obj transfer.Object, want uint32) (transfer.Object, error) {
	if obj.Version != u.byTag {
		err := fmt.Errorf("the copy has entity tag %s, its source %s: %w", obj.Version, u.byTag, transfer.ErrCorrupt)
		return transfer.Object{}, u.undo(ctx, obj, err)
	}
	obj.CRC32C, obj.HasCRC = want, true
	return obj, nil
}

// undo removes an object that is not what was meant.
func (u *upload) undo(ctx context.Context, obj transfer.Object, cause error) error {
	ctx, cancel := aside(ctx)
	defer cancel()
	return errors.Join(cause, u.b.remove(ctx, u.key, obj.Version))
}

// cleanupTime bounds what is done after a failure.
const cleanupTime = 30 * time.Second

func aside(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
}

func serverTime(m middleware.Metadata) time.Time {
	at, _ := awsmiddleware.GetServerTime(m)
	return at.UTC()
}
