package transfer

import (
	"context"
	"iter"
)

// Lister is a [Bucket] whose key space can be divided, so that several listings of one prefix go on at once.
type Lister interface {
	Bucket
	// Split returns at most n-1 cuts, ascending, each of which starts with prefix. They divide the keys below prefix into spans whose
	// sizes are as even as a few requests can tell; there are none when it is not worth it.
	Split(ctx context.Context, prefix string, n int) ([]string, error)
	// ListSpan is List of the keys that come after a key and not after upTo; "" stands for no bound.
	ListSpan(ctx context.Context, prefix, after, upTo string) iter.Seq2[Object, error]
}
