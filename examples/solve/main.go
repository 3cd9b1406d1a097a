// Solve answers placement problems from files: one JSON line each, with the best plan and its proof, the values of the k
// best plans, and every trade-off between money and time.
//
//	go run ./examples/solve [-k 5] [-pareto] [-limit 1m] FILE...
//
// Without a file it solves three small ones of its own. The form of a file is that of optimize.Instance.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/openintercloud/broker/optimize"
)

//go:embed testdata/*.json
var ours embed.FS

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// asked is what the command line asks for besides the best plan.
type asked struct {
	best   int
	pareto bool
	limit  time.Duration
}

// answer is one line.
type answer struct {
	Name     string     `json:"name"`
	Status   string     `json:"status"` // optimal, feasible, infeasible, unknown
	Feasible bool       `json:"feasible"`
	Value    int64      `json:"value"` // micro-dollars, or milliseconds when the file asks for time
	Bound    int64      `json:"bound"` // proved: no plan is better
	Plan     []int      `json:"plan"`  // option index per stage
	Best     []int64    `json:"best,omitempty"`
	Pareto   [][2]int64 `json:"pareto,omitempty"` // micro-dollars and milliseconds; deadline and budget set aside
	CutShort []string   `json:"cut_short,omitempty"`
	Millis   float64    `json:"millis"` // what solving alone took
}

// run solves all files, and gives the errors of those that cannot be solved at the end.
func run(args []string, out io.Writer) error {
	var a asked
	flags := flag.NewFlagSet("solve", flag.ContinueOnError)
	flags.IntVar(&a.best, "k", 0, "print the values of the `K` best plans")
	flags.BoolVar(&a.pareto, "pareto", false, "print every trade-off between money and time")
	flags.DurationVar(&a.limit, "limit", time.Minute, "stop each of the three questions after this `TIME`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var files fs.FS = disk{}
	paths := flags.Args()
	if len(paths) == 0 {
		files = ours
		var err error
		if paths, err = fs.Glob(ours, "testdata/*.json"); err != nil {
			return err
		}
	}
	var failed []error
	lines := json.NewEncoder(out)
	for _, path := range paths {
		line, err := solveFile(files, path, a)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", path, err))
			continue
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// disk opens files by the paths a user gives, which may be absolute.
type disk struct{}

// Open opens a file.
func (disk) Open(path string) (fs.File, error) { return os.Open(path) }

func solveFile(files fs.FS, path string, a asked) (*answer, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := optimize.ReadInstance(f)
	if err != nil {
		return nil, err
	}
	p, err := in.Problem()
	if err != nil {
		return nil, err
	}
	line := &answer{Name: in.Name}
	if err := line.solve(in, p, a); err != nil {
		return nil, err
	}
	if a.best > 0 && line.Feasible {
		if err := line.rank(p, a); err != nil {
			return nil, err
		}
	}
	if a.pareto {
		if err := line.front(*p, a); err != nil {
			return nil, err
		}
	}
	return line, nil
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// solve finds the best plan and checks it before it is printed.
func (l *answer) solve(in *optimize.Instance, p *optimize.Problem, a asked) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.limit)
	defer cancel()
	start := time.Now()
	s, err := optimize.Solve(ctx, p, optimize.Limit{})
	l.Millis = float64(time.Since(start).Microseconds()) / 1000
	switch {
	case is[*optimize.InfeasibleError](err):
		l.Status = "infeasible"
		return nil
	case is[*optimize.UnfinishedError](err):
		l.Status = "unknown"
		return nil
	case err != nil:
		return err
	}
	if err := optimize.Verify(p, s); err != nil {
		return err
	}
	l.Status = "feasible"
	if s.Status == optimize.Optimal {
		l.Status = "optimal"
	}
	l.Feasible, l.Value, l.Bound, l.Plan = true, s.Value, s.Bound, in.Plan(s.Choice)
	return nil
}

// rank finds the values of the best plans.
func (l *answer) rank(p *optimize.Problem, a asked) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.limit)
	defer cancel()
	r, err := optimize.Best(ctx, p, a.best, optimize.Limit{})
	if is[*optimize.UnfinishedError](err) {
		l.CutShort = append(l.CutShort, "best")
		return nil
	}
	if err != nil {
		return err
	}
	if !r.Complete {
		l.CutShort = append(l.CutShort, "best")
	}
	for _, s := range r.Plans {
		l.Best = append(l.Best, s.Value)
	}
	return nil
}

// front finds what can be had when neither deadline nor budget is set.
func (l *answer) front(p optimize.Problem, a asked) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.limit)
	defer cancel()
	p.Deadline, p.Budget = 0, 0
	f, err := optimize.Front(ctx, &p, []optimize.Aim{optimize.Cost, optimize.Time}, optimize.Limit{})
	switch {
	case is[*optimize.InfeasibleError](err):
		return nil
	case is[*optimize.UnfinishedError](err):
		l.CutShort = append(l.CutShort, "pareto")
		return nil
	case err != nil:
		return err
	}
	if !f.Complete {
		l.CutShort = append(l.CutShort, "pareto")
	}
	for _, s := range f.Points {
		l.Pareto = append(l.Pareto, [2]int64{s.Money, s.Time})
	}
	return nil
}
