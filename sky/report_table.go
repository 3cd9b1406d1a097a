package sky

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// textWidth is the most columns that a printed plan or report takes.
const textWidth = 100

// grid is a table in plain text that fits in textWidth columns.
type grid struct {
	head   []string
	right  []int // columns of numbers, set to the right
	shrink []int // columns that give way, the first first, when the table is too wide
	wrap   bool  // the last column is broken into lines, not cut
	rows   [][]string
}

// add adds a row; cells that have no column are left out.
func (g *grid) add(cells ...string) {
	row := make([]string, len(g.head))
	for i, c := range cells[:min(len(cells), len(g.head))] {
		row[i] = clean(c)
	}
	g.rows = append(g.rows, row)
}

func (g *grid) String() string {
	most := g.widths()
	t := table.NewWriter()
	t.SetStyle(plainStyle())
	columns := make([]table.ColumnConfig, len(g.head))
	for i := range columns {
		columns[i] = table.ColumnConfig{Number: i + 1}
	}
	for _, i := range g.right {
		if i >= len(columns) {
			break
		}
		columns[i].Align, columns[i].AlignHeader = text.AlignRight, text.AlignRight
	}
	t.SetColumnConfigs(columns)
	t.AppendHeader(g.fitted(g.head, most))
	for _, r := range g.rows {
		t.AppendRow(g.fitted(r, most))
	}
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	lines[1] = strings.TrimSuffix(lines[1], "--") // under the padding of the last column
	return strings.Join(lines, "\n") + "\n"
}

// plainStyle has a line under the head and two spaces between columns.
func plainStyle() table.Style {
	s := table.StyleDefault
	s.Options = table.Options{SeparateHeader: true}
	s.Format.Header, s.Format.Footer = text.FormatDefault, text.FormatDefault
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	return s
}

// widths is the most each column may take: its own need, less what it must give for the table to fit.
func (g *grid) widths() []int {
	const gap, least = 2, 6
	most := make([]int, len(g.head))
	total := -gap // none after the last
	for i := range most {
		most[i] = text.StringWidthWithoutEscSequences(g.head[i])
		for _, r := range g.rows {
			most[i] = max(most[i], text.StringWidthWithoutEscSequences(r[i]))
		}
		total += most[i] + gap
	}
	give := func(columns []int, floor int) {
		for _, i := range columns {
			if over := total - textWidth; over > 0 && most[i] > floor {
				part := min(over, most[i]-floor)
				most[i] -= part
				total -= part
			}
		}
	}
	fair := textWidth / len(g.head)
	give(g.shrink, 2*fair)
	give(g.shrink, fair)
	give(g.shrink, least)
	for i := range most { // absurd numbers
		give([]int{i}, least)
	}
	return most
}

// fitted are the cells cut, or the last one broken into lines, at their columns' width.
func (g *grid) fitted(cells []string, most []int) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		if g.wrap && i == len(cells)-1 {
			row[i] = text.WrapSoft(c, most[i])
			continue
		}
		row[i] = text.Snip(c, most[i], "~")
	}
	return row
}

// wrap is text after a lead, broken at spaces to fit, the following lines indented.
func wrap(lead, s string) string {
	lines := strings.Split(text.WrapSoft(clean(lead)+clean(s), textWidth-2), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n  ") + "\n"
}
