package oracle

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/optimize"
)

// Solver is a program that solves what a Model writes.
type Solver struct {
	// Name is what people call it.
	Name string
	// Program is what is started.
	Program string
	// probe are arguments that succeed where all that is needed is there; nil: the program is enough.
	probe []string
	// args are the arguments for a model, an answer file and a limit in seconds.
	args func(model, answer string, seconds int) []string
	read func(m *Model, answer, printed []byte) (Answer, error)
}

// Answer is what a solver says.
type Answer struct {
	// Status is Optimal, Infeasible, Feasible (stopped with a plan) or Unknown.
	Status optimize.Status
	// Value is the objective, as near as the solver computes.
	Value float64
	// Plan is an option index per variable; nil without a plan.
	Plan []int
	// Crashed: the program died of itself, as CBC 2.10.8 at times does on an assertion. Then Status is Unknown.
	Crashed bool
	// Took is the solver's own time to read and solve, where it says so: it leaves out starting an interpreter. 0: measure the call.
	Took time.Duration
}

//go:embed highs.py
var highsScript string

// CBC is coinor-cbc of Debian.
func CBC() Solver {
	return Solver{
		Name: "CBC", Program: "cbc", read: readCBC,
		args: func(model, answer string, seconds int) []string {
			return []string{model, "ratioGap", "0", "allowableGap", "0", "timeMode", "elapsed", "sec", strconv.Itoa(seconds), "solve", "solution", answer}
		},
	}
}

// GLPK is glpsol of Debian's glpk-utils.
func GLPK() Solver {
	return Solver{
		Name: "GLPK", Program: "glpsol", read: readGLPK,
		args: func(model, answer string, seconds int) []string {
			return []string{"--lp", model, "--tmlim", strconv.Itoa(seconds), "-w", answer}
		},
	}
}

// HiGHS is the highspy package of a Python that has it.
func HiGHS(python string) Solver {
	return Solver{
		Name: "HiGHS", Program: python, read: readHiGHS, probe: []string{"-c", "import highspy"},
		args: func(model, answer string, seconds int) []string {
			return []string{"-c", highsScript, model, answer, strconv.Itoa(seconds)}
		},
	}
}

// Solvers gives those solvers that are on this machine. The error names the others, and what to do about them. HiGHS is
// looked for in the Python that HIGHS_PYTHON names, or in python3.
func Solvers(ctx context.Context) ([]Solver, error) {
	var here []Solver
	var missing error
	for _, s := range []Solver{CBC(), GLPK(), HiGHS(cmp.Or(os.Getenv("HIGHS_PYTHON"), "python3"))} {
		if err := s.here(ctx); err != nil {
			missing = errors.Join(missing, fmt.Errorf("oracle: no %s: run make setup: %w", s.Name, err))
			continue
		}
		here = append(here, s)
	}
	return here, missing
}

func (s Solver) here(ctx context.Context) error {
	if s.probe == nil {
		_, err := exec.LookPath(s.Program)
		return err
	}
	return exec.CommandContext(ctx, s.Program, s.probe...).Run()
}

// Save writes the model into a folder, for all solvers to read.
func (m *Model) Save(dir string) error {
	f, err := os.Create(modelIn(dir))
	if err != nil {
		return err
	}
	_, err = m.WriteTo(f)
	return errors.Join(err, f.Close())
}

func modelIn(dir string) string { return filepath.Join(dir, "model.lp") }

// Solve asks for the best plan of the model saved in dir, within a time limit. The answer is left there too.
func (s Solver) Solve(ctx context.Context, m *Model, dir string, limit time.Duration) (Answer, error) {
	answer := filepath.Join(dir, s.Name+".out")
	seconds := max(1, int(limit/time.Second))
	hard, cancel := context.WithTimeout(ctx, limit+limit/4+5*time.Second) // some look at the clock too seldom
	defer cancel()
	if err := os.Remove(answer); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Answer{}, err
	}
	printed, err := exec.CommandContext(hard, s.Program, s.args(modelIn(dir), answer, seconds)...).CombinedOutput()
	if err != nil && hard.Err() != nil && ctx.Err() == nil {
		return Answer{}, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() < 0 {
		return Answer{Crashed: true}, nil
	}
	if err != nil {
		return Answer{}, fmt.Errorf("oracle: %s: %w: %.400s", s.Name, err, printed)
	}
	text, err := os.ReadFile(answer)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Answer{}, err
	}
	a, err := s.read(m, text, printed)
	if err != nil {
		return a, fmt.Errorf("oracle: %s: %w: %.400s", s.Name, err, printed)
	}
	return a, nil
}

// readCBC reads a line of status and then a line per variable that is not zero: number, name, value, cost.
func readCBC(m *Model, answer, _ []byte) (Answer, error) {
	head, rest, _ := bytes.Cut(answer, []byte("\n"))
	status, value, found := strings.Cut(string(head), " - objective value")
	var a Answer
	switch {
	case strings.HasPrefix(status, "Infeasible"), strings.HasPrefix(status, "Integer infeasible"):
		return Answer{Status: optimize.Infeasible}, nil
	case strings.HasPrefix(status, "Optimal"):
		a.Status = optimize.Optimal
	case strings.HasPrefix(status, "Stopped"):
		a.Status = optimize.Feasible
	default:
		return a, fmt.Errorf("status %q", head)
	}
	if !found {
		return Answer{}, nil // stopped with nothing
	}
	var err error
	if a.Value, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil {
		return a, err
	}
	values := map[string]float64{}
	err = eachLine(rest, func(f []string) error {
		if len(f) < 4 {
			return nil
		}
		f = f[len(f)-4:] // "**" may stand before
		values[f[1]], err = strconv.ParseFloat(f[2], 64)
		return err
	})
	return m.planned(a, values), err
}

// readGLPK reads the raw form: "s mip rows columns status value", "j column value".
func readGLPK(m *Model, answer, _ []byte) (Answer, error) {
	var a Answer
	values := map[string]float64{}
	err := eachLine(answer, func(f []string) (err error) {
		switch {
		case f[0] == "s" && len(f) == 6:
			if a.Status, err = statusGLPK(f[4]); err == nil {
				a.Value, err = strconv.ParseFloat(f[5], 64)
			}
		case f[0] == "j" && len(f) == 3:
			var col int
			if col, err = strconv.Atoi(f[1]); err != nil || col < 1 || col > len(m.order) {
				return fmt.Errorf("column %s of %d", f[1], len(m.order))
			}
			values[m.order[col-1]], err = strconv.ParseFloat(f[2], 64)
		}
		return err
	})
	if len(answer) == 0 {
		err = errors.New("no answer")
	}
	return m.planned(a, values), err
}

func statusGLPK(s string) (optimize.Status, error) {
	switch s {
	case "o":
		return optimize.Optimal, nil
	case "f":
		return optimize.Feasible, nil
	case "n":
		return optimize.Infeasible, nil
	case "u":
		return optimize.Unknown, nil
	default:
		return optimize.Unknown, fmt.Errorf("status %q", s)
	}
}

// readHiGHS reads what highs.py writes.
func readHiGHS(m *Model, answer, _ []byte) (Answer, error) {
	var a Answer
	values := map[string]float64{}
	err := eachLine(answer, func(f []string) (err error) {
		n := 0.0
		if len(f) == 2 {
			n, err = strconv.ParseFloat(f[1], 64)
		}
		switch {
		case f[0] == "status":
			a.Status = map[string]optimize.Status{"kOptimal": optimize.Optimal, "kInfeasible": optimize.Infeasible, "plan": optimize.Feasible}[f[1]]
			return nil
		case f[0] == "value":
			a.Value = n
		case f[0] == "seconds":
			a.Took = time.Duration(n * float64(time.Second))
		default:
			values[f[0]] = n
		}
		return err
	})
	if len(answer) == 0 {
		err = errors.New("no answer")
	}
	return m.planned(a, values), err
}

func eachLine(text []byte, line func(fields []string) error) error {
	s := bufio.NewScanner(bytes.NewReader(text))
	for s.Scan() {
		if f := strings.Fields(s.Text()); len(f) > 0 {
			if err := line(f); err != nil {
				return err
			}
		}
	}
	return s.Err()
}

// planned reads the plan off the binaries.
func (m *Model) planned(a Answer, values map[string]float64) Answer {
	if a.Status != optimize.Optimal && a.Status != optimize.Feasible {
		return a
	}
	plan := make([]int, len(m.p.Vars))
	most := make([]float64, len(m.p.Vars))
	for name, x := range values {
		if c, ok := m.choice[name]; ok && x > most[c.v] {
			plan[c.v], most[c.v] = c.option, x
		}
	}
	for _, x := range most {
		if x < 0.5 { // stopped before it had a plan
			return Answer{Status: optimize.Unknown, Took: a.Took}
		}
	}
	a.Plan = plan
	return a
}
