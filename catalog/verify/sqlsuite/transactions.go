package sqlsuite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/openintercloud/broker/catalog/verify"
)

// transactions is what holds between statements and between users.
func transactions() []verify.Check[*sql.DB] {
	return []verify.Check[*sql.DB]{
		{Name: "rollback", Requirement: "ROLLBACK undoes a transaction, and to a SAVEPOINT its end (E151, T271)", Run: rollback},
		{Name: "dirty-read", Requirement: "nobody sees what is not committed (E152, READ COMMITTED)", Run: dirtyRead},
		{Name: "serializable", Requirement: "SERIALIZABLE prevents write skew: two that each rely on what the other changes cannot both commit (E152-01)", Run: writeSkew},
	}
}

// prepared runs statements outside of transactions, and gives the names that were put in.
func prepared(ctx context.Context, t *verify.Trial, db *sql.DB, statements ...string) (names, error) {
	n := newNames(t)
	for _, s := range statements {
		if err := do(s).run(ctx, db, t, n); err != nil {
			return n, fmt.Errorf("%s: %w", s, err)
		}
	}
	return n, nil
}

func rollback(ctx context.Context, t *verify.Trial, db *sql.DB) error {
	n, err := prepared(ctx, t, db, createB, fillB)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // when it is over already, that is what is wanted
	for _, s := range []string{"DELETE FROM {b} WHERE k = 2", "SAVEPOINT s", "DELETE FROM {b}", "ROLLBACK TO SAVEPOINT s"} {
		if _, err := tx.ExecContext(ctx, n.fill.Replace(s)); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	if err := n.count(ctx, tx, "2", "after ROLLBACK TO SAVEPOINT"); err != nil {
		return err
	}
	if err := tx.Rollback(); err != nil {
		return err
	}
	return n.count(ctx, db, "3", "after ROLLBACK")
}

// count asks how many rows there are.
func (n names) count(ctx context.Context, db asker, want, when string) error {
	got, err := query(ctx, db, n.fill.Replace("SELECT COUNT(*) FROM {b}"))
	if err == nil && got != want {
		err = fmt.Errorf("%s rows %s, want %s", got, when, want)
	}
	return err
}

// dirtyRead reads while another transaction has written and then takes it back. Databases that lock let the reader wait.
func dirtyRead(ctx context.Context, t *verify.Trial, db *sql.DB) error {
	n, err := prepared(ctx, t, db, createB)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, n.fill.Replace(fillB)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	type answer struct {
		rows string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		rows, err := query(ctx, db, n.fill.Replace("SELECT COUNT(*) FROM {b}"))
		read <- answer{rows, err}
	}()
	var got answer
	wait := time.NewTimer(time.Second)
	defer wait.Stop()
	select {
	case got = <-read:
		err = tx.Rollback()
	case <-wait.C:
		err = tx.Rollback()
		got = <-read
	}
	switch {
	case err != nil || got.err != nil:
		return errors.Join(err, got.err)
	case got.rows != "0":
		return fmt.Errorf("another user saw %s rows that were never committed", got.rows)
	}
	return nil
}

// writeSkew lets two doctors, both on call, each go home because the other one stays.
func writeSkew(ctx context.Context, t *verify.Trial, db *sql.DB) error {
	n, err := prepared(ctx, t, db, "CREATE TABLE {a} (doctor INTEGER NOT NULL PRIMARY KEY, on_call INTEGER NOT NULL)",
		"INSERT INTO {a} (doctor, on_call) VALUES (1, 1), (2, 1)")
	if err != nil {
		return err
	}
	var both [2]*sql.Tx
	for i := range both {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		got, err := query(ctx, tx, n.fill.Replace("SELECT COUNT(*) FROM {a} WHERE on_call = 1"))
		if err != nil {
			return err
		}
		if got != "2" {
			return fmt.Errorf("transaction %d sees %s doctors on call, want 2", i+1, got)
		}
		both[i] = tx
	}
	var wait sync.WaitGroup
	for i, tx := range both {
		wait.Go(func() { _ = leave(ctx, tx, n, i+1) }) // one may be refused: what is left in the table decides
	}
	wait.Wait()
	got, err := query(ctx, db, n.fill.Replace("SELECT COUNT(*) FROM {a} WHERE on_call = 1"))
	if err != nil {
		return err
	}
	if got == "0" {
		return errors.New("both transactions committed, as no order of the two allows")
	}
	return nil
}

// leave sends one doctor home.
func leave(ctx context.Context, tx *sql.Tx, n names, doctor int) error {
	_, err := tx.ExecContext(ctx, n.fill.Replace(fmt.Sprintf("UPDATE {a} SET on_call = 0 WHERE doctor = %d", doctor)))
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return nil
}
