package azblob

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

type triesKey struct{}

// counting returns a context whose requests are counted, each attempt by itself.
func counting(ctx context.Context) (context.Context, *atomic.Int32) {
	n := new(atomic.Int32)
	return context.WithValue(ctx, triesKey{}, n), n
}

// countTries counts the attempts of requests whose context asks for it. A refusal of the second attempt may mean that the first had
// taken effect.
type countTries struct{}

// Do sends a request.
func (countTries) Do(req *policy.Request) (*http.Response, error) {
	if n, ok := req.Raw().Context().Value(triesKey{}).(*atomic.Int32); ok {
		n.Add(1)
	}
	return req.Next()
}
