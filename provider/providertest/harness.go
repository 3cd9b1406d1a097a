package providertest

import (
	"testing"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
)

// Harness says how one provider is tested. New and Request must be set; everything else may be left zero.
type Harness struct {
	// New connects to the account once more, as another host would. The first provider of a test and all later ones
	// must see the same account.
	New func(t *testing.T) provider.Provider

	// Request can be met: its Place and Offering must be set. The suite sets Key, Owner, Epoch, IssuedAt, Until and
	// Labels, and Market and Nodes where they are zero.
	Request provider.Request

	// Refused can not be met, and fails with a fault of kind RefusedKind, at once or once it was Pending. A zero Place
	// leaves the test out.
	Refused     provider.Request
	RefusedKind fault.Kind // default: Capacity

	// Settle is how long a create may stay invisible. 0 = not known: a fresh absent allocation may be either NotFound
	// or Unknown and ambiguous, and one issued a day ago must be NotFound.
	Settle time.Duration

	// Lease is a lease long enough to get Ready in and short enough to wait for its end. 0 = leases are not tested.
	Lease time.Duration

	// Task makes a task that behaves so. The suite adds the key, kind, epoch, environment, data and times to it. A zero
	// task means there is none, and leaves out the tests that need it. nil = [Script].
	Task func(b Behaviour) provider.Task

	// Now is the account's clock. nil = time.Now.
	Now func() time.Time

	// Advance lets a virtual clock go on; the suite calls it while it waits. nil = time passes by itself.
	Advance func(d time.Duration)

	// Patience is how long, in real time, the suite waits for one thing to happen. 0 = 30 s.
	Patience time.Duration

	// Preempt takes an allocation's machines away, as a cloud does with a spot machine. nil leaves the test out.
	Preempt func(t *testing.T, h provider.Handle)

	// Vanish ends a running task so that no exit code is left. nil leaves the test out.
	Vanish func(t *testing.T, ref provider.Ref)

	// Stored is all that the account keeps, as text, to be searched for secrets. nil = not searched.
	Stored func(t *testing.T) string

	// Leaks names what is still held or running in the account. It is asked at the end of each test, when everything
	// has been released. nil = not asked.
	Leaks func(t *testing.T) []string
}

// withDefaults fills in what the fields' comments promise.
func (h Harness) withDefaults(t *testing.T) Harness {
	t.Helper()
	if h.New == nil || h.Request.Place == (catalog.Place{}) {
		t.Fatal("providertest: a harness needs New and a Request with a place")
	}
	if h.RefusedKind == "" {
		h.RefusedKind = fault.Capacity
	}
	if h.Task == nil {
		h.Task = Script
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Patience == 0 {
		h.Patience = 30 * time.Second
	}
	return h
}
