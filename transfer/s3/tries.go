package s3

import (
	"context"
	"sync/atomic"

	"github.com/aws/smithy-go/middleware"
)

// retryID names the part of the SDK that sends a request again.
const retryID = "Retry"

type triesKey struct{}

// counting returns a context whose requests are counted, each attempt by itself.
func counting(ctx context.Context) (context.Context, *atomic.Int32) {
	n := new(atomic.Int32)
	return context.WithValue(ctx, triesKey{}, n), n
}

// countTries counts the attempts of requests whose context asks for it. A refusal of the second attempt may mean that the first had
// taken effect.
func countTries(stack *middleware.Stack) error {
	if _, ok := stack.Finalize.Get(retryID); !ok {
		return nil // a request that is only signed
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("countTries", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if n, ok := ctx.Value(triesKey{}).(*atomic.Int32); ok {
			n.Add(1)
		}
		return next.HandleFinalize(ctx, in)
	}), retryID, middleware.After)
}
