// Owncloud makes a cloud of a machine you own, with a catalog of its own prices, and runs a job of two stages on it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/remote"
	"github.com/openintercloud/broker/sky"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "sky-owncloud-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	offers, err := prices()
	if err != nil {
		return err
	}
	cloud := newAttic(dir, remote.Runner{Shell: remote.Exec{}, Root: dir})
	broker, err := sky.New(sky.Config{Providers: []provider.Provider{cloud}, Catalog: offers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	plan, err := broker.Plan(ctx, tidy())
	if err != nil {
		return err
	}
	fmt.Fprintln(w, plan)
	started, err := broker.Start(ctx, plan)
	if err != nil {
		return err
	}
	report, err := started.Wait(ctx)
	fmt.Fprintln(w, report)
	return errors.Join(err, started.Logs(ctx, "dust", w), started.Logs(ctx, "sort", w))
}
