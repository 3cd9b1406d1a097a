package transfer

import (
	"context"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Resumer is a [Bucket] whose uploads can outlive the process that began them.
type Resumer interface {
	Bucket
	// Resume goes on with an upload that was begun with the same key and options, named by the token that [Resumable.Token] gave,
	// and tells the parts that the store holds, in ascending order. An upload that is gone is ErrNotFound.
	Resume(ctx context.Context, key, token string, opts CreateOptions) (Upload, []StoredPart, error)
	// Sweep aborts the uploads that nobody has touched since a time, and tells how many there were. It leaves alone what the
	// store cannot tell the age of.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// Resumable is an [Upload] of a [Resumer]. One that holds something of this process is an [io.Closer] too, whose Close lets go of it
// without ending the upload.
type Resumable interface {
	Upload
	// Token names the upload for [Resumer.Resume], in this process or another. It holds no credentials.
	Token() string
}

// StoredPart is a part that a store holds of an unfinished upload.
type StoredPart struct {
	N      int // from 1
	Size   unit.Bytes
	CRC32C uint32 // valid when HasCRC
	HasCRC bool
}
