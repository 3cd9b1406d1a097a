package oracle

import (
	"bufio"
	"io"
	"strconv"
)

// termsPerLine keeps lines short enough for every reader of the format.
const termsPerLine = 8

// WriteTo writes the program in the LP format that all of the solvers read.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	out := &lpWriter{w: bufio.NewWriter(w)}
	// GLPK numbers variables as it meets them: the goal comes first in the file, so it names them all, in our order.
	coef := map[string]int64{}
	for _, t := range m.goal {
		coef[t.name] += t.coef
	}
	out.text("Minimize\n goal:")
	for i, name := range m.order {
		out.term(i, term{coef[name], name})
	}
	out.text("\nSubject To\n")
	for _, r := range m.rows {
		out.text(" " + r.name + ":")
		for i, t := range r.terms {
			out.term(i, t)
		}
		out.text(" " + r.op + " " + strconv.FormatInt(r.right, 10) + "\n")
	}
	out.text("Bounds\n")
	for _, t := range m.most {
		out.text(" " + t.name + " <= " + strconv.FormatInt(t.coef, 10) + "\n")
	}
	out.text("Binaries\n")
	for _, name := range m.binary {
		out.text(" " + name + "\n")
	}
	out.text("End\n")
	return out.n, out.w.Flush()
}

type lpWriter struct {
	w *bufio.Writer
	n int64
}

// text writes; the buffer keeps the first error for Flush.
func (o *lpWriter) text(s string) {
	n, _ := o.w.WriteString(s)
	o.n += int64(n)
}

func (o *lpWriter) term(i int, t term) {
	if i > 0 && i%termsPerLine == 0 {
		o.text("\n ")
	}
	if t.coef < 0 {
		o.text(" - " + strconv.FormatInt(-t.coef, 10) + " " + t.name)
		return
	}
	o.text(" + " + strconv.FormatInt(t.coef, 10) + " " + t.name)
}
