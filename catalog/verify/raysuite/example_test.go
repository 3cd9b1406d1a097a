package raysuite_test

import (
	"fmt"

	"github.com/openintercloud/broker/catalog/verify/raysuite"
)

// The checks, in the order they are run.
func ExampleSuite() {
	suite := raysuite.Suite()
	fmt.Println(suite.Name, suite.Version, "checks", suite.Service)
	for _, c := range suite.Checks {
		fmt.Println("-", c.Name)
	}
	// Output:
	// ray-jobs 1.0 checks ray
	// - succeed
	// - fail
	// - logs
	// - stop
	// - duplicate
	// - env-vars
	// - working-dir
	// - broken-env
	// - list
	// - delete
	// - unknown
	// - invalid
}
