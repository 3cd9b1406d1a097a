//go:build integration

package sqlsuite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/sqlsuite"
	"github.com/openintercloud/broker/internal/servers"
)

func open(t *testing.T, name, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(name, url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func run(t *testing.T, db *sql.DB) verify.Result {
	t.Helper()
	result, err := verify.Run(t.Context(), sqlsuite.Suite(), db, time.Now())
	t.Log("\n" + result.String())
	require.NoError(t, err)
	for _, o := range result.Outcomes {
		require.Empty(t, o.Left, o.Check)
	}
	return result
}

// PostgreSQL passes, and one that takes every transaction as READ COMMITTED is found out at that and at nothing else.
func TestPostgres(t *testing.T) {
	t.Parallel()
	url := servers.Postgres(t)
	db := open(t, "pgx", url)
	require.Eventually(t, func() bool { return db.PingContext(t.Context()) == nil }, time.Minute, 50*time.Millisecond)
	require.Equal(t, catalog.Passed, run(t, db).Verdict().State)

	connector, err := (&stdlib.Driver{}).OpenConnector(url)
	require.NoError(t, err)
	fork := sql.OpenDB(careless{connector})
	defer fork.Close()
	require.Equal(t, []string{"serializable"}, run(t, fork).Broken())
}

// careless opens connections that do not care which isolation is asked for.
type careless struct{ driver.Connector }

func (c careless) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return carelessConn{conn.(*stdlib.Conn)}, nil
}

type carelessConn struct{ *stdlib.Conn }

func (c carelessConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	return c.Conn.BeginTx(ctx, driver.TxOptions{Isolation: driver.IsolationLevel(sql.LevelReadCommitted)})
}

// What SQLite lacks, and nothing else.
func TestSQLiteLacksAPart(t *testing.T) {
	t.Parallel()
	result := run(t, open(t, "sqlite", filepath.Join(t.TempDir(), "test.db")))
	require.Equal(t, []string{
		"multisets", "quantified", "scalar-subquery", "grouping-strict", "rollup", "fetch-first",
		"strings", "like", "dates", "decimals", "division", "casts",
		"types", "lengths", "foreign-keys", "identity", "view-updates", "information-schema",
		"merge", "truncate",
	}, result.Broken())
	require.Equal(t, "multisets", result.Verdict().Failed)
}
