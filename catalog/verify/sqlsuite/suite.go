package sqlsuite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/openintercloud/broker/catalog/verify"
)

// Suite is the checks. They take seconds.
func Suite() verify.Suite[*sql.DB] {
	return verify.Suite[*sql.DB]{
		Name: "sql-2008", Version: "1.0", Service: "sql:2008",
		Ready: func(ctx context.Context, db *sql.DB) error {
			_, err := query(ctx, db, "SELECT 1")
			return err
		},
		Checks: slices.Concat(queries(), functions(), schema(), writes(), transactions()),
	}
}
