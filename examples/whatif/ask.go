package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

// questions are a job and what to ask about its plan.
type questions struct {
	prices   *catalog.Catalog
	job      *sky.Job
	wide     *sky.Job // whose trade-offs to show; nil = job
	suppose  string   // what wide supposes
	stage    string   // to explain
	artifact string   // whose size to vary; "" = none
	hurry    *sky.Job // the job with a deadline that is too short
	other    *sky.Job // the job with another rule; nil = none
	rule     string   // that rule
}

// shown is how many bids and stages are printed at most.
const shown = 6

// ask prints the answers, and writes them with a drawing as a page to dir.
func (q *questions) ask(ctx context.Context, w io.Writer, dir string) error {
	broker, err := sky.New(sky.Config{Catalog: q.prices})
	if err != nil {
		return err
	}
	defer broker.Close()
	plan, err := broker.Plan(ctx, q.job)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The best plan of %q\n  %s  %s  %s\n\n", q.job.Name(), plan.Cost.Round(4), hours(plan.Time), machines(plan))
	var text strings.Builder
	front, err := q.tradeOffs(ctx, &text, broker, plan)
	for _, ask := range []func(context.Context, io.Writer, *sky.Broker, *sky.Plan) error{q.losers, q.deadline, q.breakEven, q.compare} {
		if err == nil {
			err = ask(ctx, &text, broker, plan)
		}
	}
	fmt.Fprint(w, text.String())
	if err != nil {
		return err
	}
	page, err := plan.HTML(front, text.String())
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "whatif-"+q.job.Name()+".html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nDrawn in %s\n", path)
	return err
}

// tradeOffs prints the front between cost and time.
func (q *questions) tradeOffs(ctx context.Context, w io.Writer, broker *sky.Broker, plan *sky.Plan) ([]*sky.Plan, error) {
	title := "Cost against time"
	if q.wide != nil {
		var err error
		if plan, err = broker.Plan(ctx, q.wide); err != nil {
			return nil, err
		}
		title += ", " + q.suppose
	}
	front, err := plan.Pareto(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(w, title)
	for _, p := range front {
		fmt.Fprintf(w, "  %9s  %7s  %s\n", p.Cost.Round(4), hours(p.Time), machines(p))
	}
	return front, nil
}

// losers says why one stage is where it is.
func (q *questions) losers(ctx context.Context, w io.Writer, _ *sky.Broker, plan *sky.Plan) error {
	bids, err := plan.Explain(ctx, q.stage)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhy %s is where it is\n", q.stage)
	for i, b := range bids {
		if i == shown {
			fmt.Fprintf(w, "  and %d more\n", len(bids)-i)
			break
		}
		where, why := b.Offering, b.WhyNot
		if where == "" {
			where = b.Place.String()
		}
		if why == "" {
			why = "wins"
		}
		if b.Drop > 0 {
			why += fmt.Sprintf("; would draw level at %s instead of %s", b.Cost-b.Drop, b.Cost)
		}
		fmt.Fprintf(w, "  %s: %s\n", where, why)
	}
	return nil
}

// deadline shows what a deadline that is too short breaks, and what would help.
func (q *questions) deadline(ctx context.Context, w io.Writer, broker *sky.Broker, plan *sky.Plan) error {
	hurry := q.hurry
	if hurry == nil {
		front, err := plan.Pareto(ctx)
		if err != nil {
			return err
		}
		hurry = q.job.Deadline(front[len(front)-1].Time / 2)
		defer q.job.Deadline(0)
	}
	_, err := broker.Plan(ctx, hurry)
	if _, none := errors.AsType[*sky.InfeasibleError](err); !none {
		return fmt.Errorf("a deadline that is too short: %w", err)
	}
	_, err = fmt.Fprintf(w, "\nToo short a deadline\n  %s\n", err)
	return err
}

// breakEven shows where dearer egress and a larger artifact change the plan.
func (q *questions) breakEven(ctx context.Context, w io.Writer, _ *sky.Broker, plan *sky.Plan) error {
	fmt.Fprintln(w, "\nWhere the plan changes")
	flip, err := plan.EgressBreakEven(ctx)
	if err != nil {
		return err
	}
	report(w, "egress", flip)
	if q.artifact == "" {
		return nil
	}
	if flip, err = plan.SizeBreakEven(ctx, q.artifact); err != nil {
		return err
	}
	report(w, q.artifact, flip)
	return nil
}

func report(w io.Writer, what string, flip *sky.BreakEven) {
	switch {
	case !flip.Found:
		fmt.Fprintf(w, "  %s: not even at a thousand times as much\n", what)
	case flip.After == nil:
		fmt.Fprintf(w, "  %s x%.2f: no plan is left\n", what, flip.Factor)
	default:
		fmt.Fprintf(w, "  %s x%.2f: %s  %s\n", what, flip.Factor, flip.After.Cost.Round(4), machines(flip.After))
	}
}

// compare shows how the plan differs under another rule.
func (q *questions) compare(ctx context.Context, w io.Writer, broker *sky.Broker, plan *sky.Plan) error {
	if q.other == nil {
		return nil
	}
	other, err := broker.Plan(ctx, q.other)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nIf %s\n%s", q.rule, indent(plan.Diff(other)))
	return err
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// machines is where the stages run, in the job's order; of many, the first.
func machines(p *sky.Plan) string {
	var names []string
	for i, s := range p.Stages {
		if i == shown {
			names = append(names, fmt.Sprintf("and %d more", len(p.Stages)-i))
			break
		}
		names = append(names, s.Offering.Place.Cloud+" "+s.Offering.Type.Name)
	}
	return strings.Join(names, ", ")
}

func hours(d time.Duration) string { return fmt.Sprintf("%.2f h", d.Hours()) }
