// Copy copies between any two places that a bucket can reach: a file or a folder of this machine, or an object or a prefix of
// Amazon S3 (and stores like it), Google Cloud Storage or Azure Blob Storage.
//
//	go run ./examples/copy [-sync] [-delete] [-dry-run] [-limit RATE] [-ledger DIR] SRC DST
//
// Places are URLs: file:///data/in/, s3://bucket/prefix/, gs://bucket/object, az://account/container/prefix/; what ends in "/" is a
// folder or a prefix. Credentials and endpoints are those of the usual environment variables of each cloud's SDK; the endpoint of another Azure
// than the public one is AZURE_STORAGE_ENDPOINT. Without arguments it copies a small folder of its own to show how.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "copy:", err)
		os.Exit(1)
	}
}

// asked is the command line.
type asked struct {
	sync, remove, dry bool
	limit, ledger     string
	src, dst          string
}

// summary is the last line: what was done.
type summary struct {
	Bytes      int64   `json:"bytes"`
	Objects    int     `json:"objects"`
	Resumed    int64   `json:"resumed"`
	Resent     int64   `json:"resent"`
	ServerSide int64   `json:"server_side"`
	Deleted    int     `json:"deleted"`
	Seconds    float64 `json:"seconds"`
	Wire       int64   `json:"wire"`     // bytes over the network, both ways
	Verified   bool    `json:"verified"` // every checksum was compared; false in a dry run
}

func run(ctx context.Context, args []string, out, screen io.Writer) error {
	a, err := parse(args, screen)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if a.src == "" {
		clean, err := a.rehearse()
		if err != nil {
			return err
		}
		defer clean()
	}
	var rate unit.Bytes
	if a.limit != "" {
		if rate, err = unit.ParseBytes(a.limit); err != nil {
			return err
		}
	}
	w := wire.New(wire.Config{Rate: rate})
	src, err := open(ctx, a.src, w)
	if err != nil {
		return err
	}
	defer src.close()
	dst, err := open(ctx, a.dst, w)
	if err != nil {
		return err
	}
	defer dst.close()
	return a.move(ctx, dst.Target, src.Target, w, out, screen)
}

func parse(args []string, screen io.Writer) (asked, error) {
	var a asked
	flags := flag.NewFlagSet("copy", flag.ContinueOnError)
	flags.SetOutput(screen)
	flags.BoolVar(&a.sync, "sync", false, "copy only what is missing or different")
	flags.BoolVar(&a.remove, "delete", false, "with -sync: remove what the source has not")
	flags.BoolVar(&a.dry, "dry-run", false, "with -sync: tell what would be done, do nothing")
	flags.StringVar(&a.limit, "limit", "", "most bytes per second over the network, such as 10MB; default none")
	flags.StringVar(&a.ledger, "ledger", "", "a folder to remember progress in: after a kill the same command goes on")
	if err := flags.Parse(args); err != nil {
		return a, err
	}
	switch {
	case flags.NArg() == 0:
	case flags.NArg() != 2:
		return a, errors.New("want a source and a destination, as URLs")
	case (a.remove || a.dry) && !a.sync:
		return a, errors.New("-delete and -dry-run go with -sync")
	default:
		a.src, a.dst = flags.Arg(0), flags.Arg(1)
	}
	return a, nil
}

// rehearse makes a small folder to copy.
func (a *asked) rehearse() (clean func(), err error) {
	dir, err := os.MkdirTemp("", "copy")
	if err != nil {
		return nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) }
	a.src, a.dst = "file://"+filepath.Join(dir, "in")+"/", "file://"+filepath.Join(dir, "out")+"/"
	for i := range 3 {
		path := filepath.Join(dir, "in", fmt.Sprintf("folder-%d", i), "data")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, make([]byte, 1_000_000*(i+1)), 0o600)); err != nil {
			clean()
			return nil, err
		}
	}
	return clean, os.Mkdir(filepath.Join(dir, "out"), 0o700)
}

// move quotes, copies or synchronizes, and writes the summary.
func (a asked) move(ctx context.Context, dst, src transfer.Target, w *wire.Wire, out, screen io.Writer) error {
	opts := transfer.Options{Ledger: a.ledger}
	quote, err := a.quote(ctx, dst, src, opts)
	if err != nil {
		return err
	}
	fmt.Fprintf(screen, "%s to %s: %d objects, %s, %d requests\n", src, dst, quote.Objects, quote.Bytes, quote.Requests)
	bar := newBar(screen, quote.Bytes)
	opts.Progress = bar.tell
	begin := time.Now()
	done, err := a.carry(ctx, dst, src, opts, screen)
	bar.stop()
	if err != nil {
		return err
	}
	done.Seconds = time.Since(begin).Seconds()
	done.Wire = int64(w.Received() + w.Sent())
	return json.NewEncoder(out).Encode(done)
}

// quote tells what would be moved. A synchronization is quoted by a dry run.
func (a asked) quote(ctx context.Context, dst, src transfer.Target, opts transfer.Options) (transfer.Quote, error) {
	if !a.sync {
		return transfer.QuoteCopy(ctx, dst, src, opts)
	}
	r, err := transfer.Sync(ctx, dst, src, transfer.SyncOptions{Options: opts, Delete: a.remove, DryRun: true})
	return transfer.Quote{Objects: r.Copied, Bytes: r.Bytes, Money: r.Money}, err
}

func (a asked) carry(ctx context.Context, dst, src transfer.Target, opts transfer.Options, screen io.Writer) (summary, error) {
	if !a.sync {
		r, err := transfer.Copy(ctx, dst, src, opts)
		return summary{
			Bytes: int64(r.Bytes), Objects: r.Objects, Resumed: int64(r.Resumed), Resent: int64(r.Resent),
			ServerSide: int64(r.ServerSide), Verified: err == nil,
		}, err
	}
	how := transfer.SyncOptions{Options: opts, Delete: a.remove, DryRun: a.dry}
	if a.dry {
		how.Change = func(c transfer.Change) { fmt.Fprintf(screen, "%-6s %12s  %s (%s)\n", c.Op, c.Size, c.Path, c.Reason) }
	}
	r, err := transfer.Sync(ctx, dst, src, how)
	return summary{
		Bytes: int64(r.Bytes), Objects: r.Copied, Resumed: int64(r.Resumed), Resent: int64(r.Resent),
		ServerSide: int64(r.ServerSide), Deleted: r.Deleted, Verified: err == nil && !a.dry,
	}, err
}
