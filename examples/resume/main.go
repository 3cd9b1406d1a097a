// Resume starts a run in a process of its own, kills that process hard in the middle, and takes the run over: what is
// still running is adopted, what was finished is not repeated, and nothing is left behind.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/local"
	"github.com/openintercloud/broker/sky"
)

// runName is chosen by the host, so that the second process knows what to resume.
const runName = "relay"

func main() {
	log.SetFlags(0)
	var err error
	if len(os.Args) == 3 && os.Args[1] == "host" {
		err = host(context.Background(), os.Stdout, os.Args[2])
	} else {
		err = run(context.Background(), os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// relay is a chain of four stages, each of which notes in a file that it ran and how often. The third takes its time.
func relay(notes string) *sky.Job {
	job := sky.NewJob("relay")
	var before *sky.Stage
	for _, s := range []struct{ name, work string }{{"first", ":"}, {"second", ":"}, {"third", "sleep 2"}, {"fourth", ":"}} {
		stage := job.Stage(s.name).Script(fmt.Sprintf("echo %s >> '%s'; %s", s.name, notes, s.work)).Takes(time.Minute)
		if before != nil {
			stage.After(before)
		}
		before = stage
	}
	return job
}

func open(dir string) (*sky.Broker, []provider.Provider, error) {
	prices, err := catalog.Embedded()
	if err != nil {
		return nil, nil, err
	}
	clouds, err := local.Rehearse(prices, filepath.Join(dir, "clouds"))
	if err != nil {
		return nil, nil, err
	}
	broker, err := sky.New(sky.Config{Providers: clouds, Catalog: prices, StateDir: filepath.Join(dir, "state")})
	return broker, clouds, err
}

// host is the process that will be killed: it starts the run and prints what happens.
func host(ctx context.Context, w io.Writer, dir string) error {
	broker, _, err := open(dir)
	if err != nil {
		return err
	}
	plan, err := broker.Plan(ctx, relay(filepath.Join(dir, "notes")))
	if err != nil {
		return err
	}
	run, err := broker.StartAs(ctx, runName, plan)
	if err != nil {
		return err
	}
	for event, err := range run.Events(ctx, 0) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, event.Stage, event.Kind)
	}
	return nil
}

// killInTheMiddle runs the host until its third stage runs, and kills it.
func killInTheMiddle(ctx context.Context, w io.Writer, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, self, "host", dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintf(w, "  host: %s\n", strings.TrimSpace(lines.Text()))
		if lines.Text() == "third running" {
			break
		}
	}
	err = errors.Join(child.Process.Kill(), ignoreExit(child.Wait()))
	fmt.Fprintln(w, "The host was killed while the third stage ran.")
	return err
}

func ignoreExit(err error) error {
	if _, killed := errors.AsType[*exec.ExitError](err); killed {
		return nil
	}
	return err
}

func run(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "sky-resume-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := killInTheMiddle(ctx, w, dir); err != nil {
		return err
	}
	broker, clouds, err := open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	resumed, err := broker.Resume(ctx, runName)
	if err != nil {
		return err
	}
	report, err := resumed.Wait(ctx)
	if err != nil {
		return err
	}
	return account(ctx, w, report, clouds, filepath.Join(dir, "notes"))
}

// account shows what was adopted, what was repeated, and that nothing is left.
func account(ctx context.Context, w io.Writer, report *sky.Report, clouds []provider.Provider, notes string) error {
	fmt.Fprintf(w, "Resumed: %s.\n", report.Outcome)
	text, err := os.ReadFile(notes)
	if err != nil {
		return err
	}
	for _, s := range report.Stages {
		fmt.Fprintf(w, "  %-7s %-5s attempts: %d, times run: %d\n", s.Name, s.State, len(s.Attempts), strings.Count(string(text), s.Name+"\n"))
	}
	held := 0
	for _, cloud := range clouds {
		for _, err := range cloud.Allocations(ctx, "broker") {
			if err != nil {
				return err
			}
			held++
		}
	}
	fmt.Fprintf(w, "Allocations left: %d\n", held)
	return nil
}
