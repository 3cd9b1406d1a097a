// Whatif asks a plan what else could have been planned. For the pipeline of Inset B of "The Sky Above The Clouds", with the
// prices of that time, it prints the trade-offs between cost and time, why the losers lose, what a deadline that is too
// short breaks and what would help, where dearer egress or more data changes the plan, and how two plans differ. It
// writes all that as a page too, with the trade-offs drawn.
//
//	whatif [WORKFLOW.json]
//
// With a workflow in WfFormat 1.5 (wfcommons.org) it asks the same about that, with the prices of the embedded catalog.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout, os.Args[1:], os.TempDir()); err != nil {
		log.Fatal(err)
	}
}

// run asks about the pipeline, or the workflow the argument names; the page goes to dir.
func run(ctx context.Context, w io.Writer, args []string, dir string) error {
	var q *questions
	var err error
	switch len(args) {
	case 0:
		q, err = aboutInset()
	case 1:
		q, err = aboutWorkflow(args[0])
	default:
		err = errors.New("usage: whatif [WORKFLOW.json]")
	}
	if err != nil {
		return err
	}
	return q.ask(ctx, w, dir)
}
