package providertest

import (
	"slices"
	"testing"
)

// test is one sentence of the contract and how it is checked.
type test struct {
	name  string
	check func(*world)
}

// Run checks that a provider keeps the contract. mk is called once for each test, with that test's own t; it should
// give an account that no other test uses, or share one that tolerates strangers: every test has an owner and keys of
// its own. Tests run in parallel.
func Run(t *testing.T, mk func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range slices.Concat(allocateTests(), describeTests(), startTests(), pollTests(), logTests(), dataTests(), callTests()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(newWorld(t, mk(t)))
		})
	}
}
