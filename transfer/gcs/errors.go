package gcs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/openintercloud/broker/transfer"
)

// classify gives an error of the SDK the meaning that the contract has for it. It is pure.
func classify(err error) error {
	for _, known := range []error{
		transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid, transfer.ErrCorrupt, transfer.ErrSlowDown,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

// kindOf is nil for what the contract has no word for.
func kindOf(err error) error {
	said, ok := errors.AsType[*googleapi.Error](err)
	switch {
	case errors.Is(err, storage.ErrBucketNotExist) || ok && strings.Contains(said.Message, "bucket does not exist"):
		return nil // no statement about the object
	case errors.Is(err, storage.ErrObjectNotExist):
		return transfer.ErrNotFound
	case !ok:
		return nil
	case said.Code == http.StatusBadRequest && aboutSum(said):
		return transfer.ErrCorrupt
	}
	switch said.Code {
	case http.StatusNotFound:
		return transfer.ErrNotFound
	case http.StatusPreconditionFailed, http.StatusNotModified:
		return transfer.ErrConflict
	case http.StatusRequestedRangeNotSatisfiable:
		return transfer.ErrInvalid
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return transfer.ErrSlowDown
	}
	return nil
}

// aboutSum reports whether a refusal is about a checksum: the store has no code of its own for it.
func aboutSum(e *googleapi.Error) bool {
	said := strings.ToLower(e.Message + e.Body)
	return strings.Contains(said, "crc32c") && strings.Contains(said, "match")
}

func status(err error) int {
	if said, ok := errors.AsType[*googleapi.Error](err); ok {
		return said.Code
	}
	return 0
}

func isMissing(err error) bool { return errors.Is(classify(err), transfer.ErrNotFound) }

// passing reports whether the same request may succeed later.
func passing(err error) bool {
	if code := status(err); code != 0 {
		return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500 && code != http.StatusNotImplemented
	}
	return kindOf(err) == nil && !errors.Is(err, storage.ErrBucketNotExist)
}

// firstPause is the longest pause after the first attempt; it doubles with each.
const firstPause = 100 * time.Millisecond

// try sends a request until it is answered for good, and tells how often it was sent. A refusal that came to a repeated request may
// mean that the first had taken effect.
func (b *Bucket) try(ctx context.Context, send func() error) (int, error) {
	for n := 1; ; n++ {
		err := send()
		if err == nil || n >= b.cfg.Attempts || ctx.Err() != nil || !passing(err) {
			return n, err
		}
		if pause(ctx, min(b.cfg.Backoff, firstPause<<min(n-1, 20))) != nil {
			return n, err
		}
	}
}

// pause waits between half of a time and all of it.
func pause(ctx context.Context, longest time.Duration) error {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	timer := time.NewTimer(longest/2 + time.Duration(random.Int64N(int64(longest/2)+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
