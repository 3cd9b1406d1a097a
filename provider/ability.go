package provider

import (
	"context"
	"iter"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/transfer"
)

// Storage is the ability to open the cloud's buckets.
type Storage interface {
	// Open opens the bucket a URL lies in and returns the key (or prefix) within it. It must refuse a URL that is not
	// this cloud's with Unsupported.
	Open(ctx context.Context, url string) (bucket transfer.Bucket, key string, err error)
	// Scratch is the URL, ending in "/", under which runs keep their artifacts at a place. It is the same for every
	// host, and exists.
	Scratch(ctx context.Context, place catalog.Place) (url string, err error)
}

// Watcher is the ability to tell of a task's changes instead of being asked.
type Watcher interface {
	// Watch yields the status of a task now, and again whenever it changes, until the task has Exited or is Lost; then it
	// ends. An error is yielded once, last. Progress may be reported less often than it is made.
	Watch(ctx context.Context, ref Ref) iter.Seq2[TaskStatus, error]
}

// Extender is the ability to move a lease.
type Extender interface {
	// Extend moves the dead-man lease of an allocation; it never shortens one below what the cloud has confirmed.
	Extend(ctx context.Context, h Handle, until time.Time) error
}

// Checker is the ability to say before a run whether one could work.
type Checker interface {
	// Check finds out whether credentials, rights and tools are there. Each problem is a *fault.Error; several are joined.
	Check(ctx context.Context) error
}

// As finds an ability of a provider, looking through decorators: types with a method Unwrap() Provider.
func As[T any](p Provider) (T, bool) {
	for p != nil {
		if t, ok := p.(T); ok {
			return t, true
		}
		u, ok := p.(interface{ Unwrap() Provider })
		if !ok {
			break
		}
		p = u.Unwrap()
	}
	var none T
	return none, false
}

// Unsupported is the error for something a provider cannot do.
func Unsupported(op, cloud, what string) *fault.Error {
	return &fault.Error{Op: op, Cloud: cloud, Kind: fault.Unsupported, Scope: fault.ScopeCloud, Code: what}
}
