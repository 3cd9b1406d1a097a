package transfer

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Signer is a [Bucket] that can let others send a single request without credentials of their own.
type Signer interface {
	Bucket
	// SignRead grants reading an object; when match is not empty, only while its version equals it. The holder may add a Range.
	SignRead(ctx context.Context, key, match string, expires time.Duration) (Signed, error)
	// SignWrite grants storing an object whole, under the conditions and with the attributes of opts; its body is the content.
	SignWrite(ctx context.Context, key string, opts CreateOptions, expires time.Duration) (Signed, error)
}

// PartSigner is an [Upload] whose parts others may send. Who began it finds them by [Resumer.Resume], and commits.
type PartSigner interface {
	Resumable
	// SignPart grants sending one part of the given size and checksum; the request's body is the part.
	SignPart(ctx context.Context, part StoredPart, expires time.Duration) (Signed, error)
}

// Signed is an HTTP request that whoever holds it may send until it expires. It is a secret until then: printed, it shows neither
// query nor headers.
type Signed struct {
	Method string
	URL    string
	Header http.Header // must be sent as they are
}

// String is the method and the URL without its query.
func (s Signed) String() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return s.Method
	}
	u.RawQuery, u.User = "", nil
	return s.Method + " " + u.String()
}

// GoString is String.
func (s Signed) GoString() string { return s.String() }
