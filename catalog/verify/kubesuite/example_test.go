package kubesuite_test

import (
	"fmt"

	"github.com/openintercloud/broker/catalog/verify/kubesuite"
)

// The checks, in the order they are run.
func ExampleSuite() {
	suite := kubesuite.Suite()
	fmt.Println(suite.Name, suite.Version, "checks", suite.Service)
	for _, c := range suite.Checks {
		fmt.Println("-", c.Name)
	}
	// Output:
	// kubernetes-jobs 1.0 checks kubernetes
	// - complete
	// - parallelism
	// - indexed
	// - suspend
	// - logs
	// - backoff-limit
	// - no-retry
	// - failure-policy
	// - deadline
	// - ttl
	// - delete-background
	// - delete-foreground
	// - delete-orphan
	// - delete-twice
	// - create-twice
	// - list-by-label
	// - template-fixed
	// - invalid-refused
	// - dry-run
}
