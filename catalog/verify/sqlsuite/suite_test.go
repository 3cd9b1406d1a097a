package sqlsuite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
	"github.com/openintercloud/broker/catalog/verify/sqlsuite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a database that gives the same answer to everything and remembers what tables and views there are.
type fake struct {
	mu    sync.Mutex
	err   error
	there map[string]bool
}

func (f *fake) Connect(context.Context) (driver.Conn, error) { return &conn{f}, nil }
func (f *fake) Driver() driver.Driver                        { return nil }

type conn struct{ f *fake }

func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c *conn) Close() error                        { return nil }
func (c *conn) Begin() (driver.Tx, error)           { return c, nil }
func (c *conn) Commit() error                       { return nil }
func (c *conn) Rollback() error                     { return nil }

func (c *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return c, nil }

func (c *conn) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	words := strings.Fields(text)
	switch words[0] {
	case "CREATE":
		c.f.there[words[2]] = true
		return driver.ResultNoRows, nil
	case "DROP":
		delete(c.f.there, words[2])
		return driver.ResultNoRows, nil
	}
	return driver.ResultNoRows, c.f.err
}

func (c *conn) QueryContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	if text == "SELECT 1" {
		return &none{}, nil
	}
	return &none{}, c.f.err
}

// none is a row that says "nothing" and ends.
type none struct{ over bool }

func (n *none) Columns() []string { return []string{"c"} }
func (n *none) Close() error      { return nil }
func (n *none) Next(into []driver.Value) error {
	if n.over {
		return io.EOF
	}
	n.over, into[0] = true, "nothing"
	return nil
}

func judge(t *testing.T, answer error) (verify.Result, map[string]bool) {
	t.Helper()
	f := &fake{err: answer, there: map[string]bool{}}
	db := sql.OpenDB(f)
	defer db.Close()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	result, err := verify.Run(t.Context(), sqlsuite.Suite(), db, at)
	require.NoError(t, err)
	return result, f.there
}

// A database that takes everything, and one that takes nothing, pass no check; both are left empty.
func TestDatabaseWithOneAnswerPassesNothing(t *testing.T) {
	t.Parallel()
	for _, answer := range []error{nil, errors.New("syntax error")} {
		result, left := judge(t, answer)
		require.Len(t, result.Broken(), len(result.Outcomes), result)
		require.Equal(t, catalog.Failed, result.Verdict().State)
		require.Empty(t, left)
	}
}

func TestProblemsNameTheStatement(t *testing.T) {
	t.Parallel()
	result, _ := judge(t, nil)
	problems := map[string]string{}
	for _, o := range result.Outcomes {
		problems[o.Check] = o.Problem
	}
	require.Equal(t, `SELECT k FROM {a} ORDER BY k FETCH FIRST 2 ROWS ONLY: returned "nothing", want "1; 2"`, problems["fetch-first"])
	require.Equal(t, `INSERT INTO {a} (n) VALUES ('abc'): accepted, should have been refused`, problems["types"])
	require.Equal(t, `transaction 1 sees nothing doctors on call, want 2`, problems["serializable"])
}

func TestServiceIsInTheCatalog(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	_, ok := c.Service(sqlsuite.Suite().Service)
	require.True(t, ok)
}
