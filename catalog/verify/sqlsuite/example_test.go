package sqlsuite_test

import (
	"fmt"

	"github.com/openintercloud/broker/catalog/verify/sqlsuite"
)

// The checks, in the order they are run.
func ExampleSuite() {
	suite := sqlsuite.Suite()
	fmt.Println(suite.Name, suite.Version, "checks", suite.Service)
	for _, c := range suite.Checks {
		fmt.Println("-", c.Name)
	}
	// Output:
	// sql-2008 1.0 checks sql:2008
	// - joins
	// - set-operations
	// - multisets
	// - subqueries
	// - quantified
	// - scalar-subquery
	// - nulls
	// - grouping
	// - grouping-strict
	// - rollup
	// - recursive
	// - windows
	// - fetch-first
	// - order-nulls
	// - row-values
	// - strings
	// - characters
	// - like
	// - dates
	// - decimals
	// - division
	// - casts
	// - types
	// - lengths
	// - not-null
	// - keys
	// - check-constraints
	// - foreign-keys
	// - identity
	// - views
	// - view-updates
	// - alter
	// - information-schema
	// - updates
	// - insert-select
	// - merge
	// - truncate
	// - atomic-statement
	// - rollback
	// - dirty-read
	// - serializable
}
