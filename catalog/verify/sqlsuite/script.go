package sqlsuite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/openintercloud/broker/catalog/verify"
)

// step is one statement and what must come of it. {a}, {b} and {v} in it stand for names of the check's own.
type step struct {
	statement string
	query     bool
	refused   bool
	rows      string // of a query: values separated by spaces, rows by "; "; NULL is "-"
}

// do is a statement that must be carried out.
func do(statement string) step { return step{statement: statement} }

// refused is a statement that must be refused, and refusedQuery a query.
func refused(statement string) step { return step{statement: statement, refused: true} }

func refusedQuery(query string) step { return step{statement: query, query: true, refused: true} }

// rows is a query and what it must return.
func rows(query, want string) step { return step{statement: query, query: true, rows: want} }

// script is a check that runs statements one after the other.
func script(name, requirement string, steps ...step) verify.Check[*sql.DB] {
	return verify.Check[*sql.DB]{Name: name, Requirement: requirement, Run: func(ctx context.Context, t *verify.Trial, db *sql.DB) error {
		n := newNames(t)
		for _, s := range steps {
			if err := s.run(ctx, db, t, n); err != nil {
				return fmt.Errorf("%s: %w", s.statement, err)
			}
		}
		return nil
	}}
}

// names puts names that nobody else uses in the place of {a}, {b} and {v}.
type names struct{ fill *strings.Replacer }

func newNames(t *verify.Trial) names {
	own := func() string { return strings.ReplaceAll(t.Name(), "-", "_") }
	return names{strings.NewReplacer("{a}", own(), "{b}", own(), "{v}", own())}
}

// run carries out one statement. What it creates is dropped when the check is over.
func (s step) run(ctx context.Context, db *sql.DB, t *verify.Trial, n names) error {
	text := n.fill.Replace(s.statement)
	var got string
	var err error
	if s.query {
		got, err = query(ctx, db, text)
	} else if _, err = db.ExecContext(ctx, text); err == nil {
		dropLater(db, t, text)
	}
	switch {
	case s.refused && err == nil:
		return errors.New("accepted, should have been refused")
	case s.refused:
		return ctx.Err() // a statement cut short was not refused
	case err != nil:
		return err
	case got != s.rows:
		return fmt.Errorf("returned %q, want %q", got, s.rows)
	}
	return nil
}

// dropLater drops what a statement created.
func dropLater(db *sql.DB, t *verify.Trial, statement string) {
	for _, kind := range []string{"TABLE", "VIEW"} {
		rest, ok := strings.CutPrefix(statement, "CREATE "+kind+" ")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, " ")
		t.Cleanup(func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, "DROP "+kind+" "+name)
			return err
		})
	}
}

// asker is a database, a connection or a transaction.
type asker interface {
	// QueryContext asks for rows.
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query returns all rows as text.
func query(ctx context.Context, db asker, text string) (string, error) {
	found, err := db.QueryContext(ctx, text)
	if err != nil {
		return "", err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for found.Next() {
		line, err := scan(found, len(columns))
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; "), found.Err()
}

// scan is the current row as text.
func scan(found *sql.Rows, columns int) (string, error) {
	cells, into := make([]sql.NullString, columns), make([]any, columns)
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := found.Scan(into...); err != nil {
		return "", err
	}
	words := make([]string, columns)
	for i, c := range cells {
		words[i] = "-"
		if c.Valid {
			words[i] = c.String
		}
	}
	return strings.Join(words, " "), nil
}
