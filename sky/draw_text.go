package sky

import (
	"fmt"
	"strings"
)

// Mermaid draws the job as a Mermaid flowchart: datasets, stages and the data between them. It draws invalid jobs too,
// without the edges that lead nowhere.
func (j *Job) Mermaid() string { return j.drawing().mermaid() }

// DOT draws the job in the language of Graphviz. It draws invalid jobs too, without the edges that lead nowhere.
func (j *Job) DOT() string { return j.drawing().dot() }

// Mermaid draws the plan as a Mermaid flowchart: a subgraph for each cloud, and what each move of data takes and costs.
func (p *Plan) Mermaid() string { return p.drawing().mermaid() }

// DOT draws the plan in the language of Graphviz: a cluster for each cloud, and what each move of data takes and costs.
func (p *Plan) DOT() string { return p.drawing().dot() }

func (d drawing) mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	node := func(indent string, i int) {
		left, right := `["`, `"]`
		if d.nodes[i].dataset {
			left, right = `[("`, `")]`
		}
		text := mermaidText(append([]string{d.nodes[i].name}, d.nodes[i].lines...), "<br/>")
		fmt.Fprintf(&b, "%sn%d%s%s%s\n", indent, i, left, text, right)
	}
	d.byCloud(
		func(k int, cloud string) {
			fmt.Fprintf(&b, "  subgraph c%d[\"%s\"]\n", k, mermaidText([]string{cloud}, ""))
		},
		node,
		func() { b.WriteString("  end\n") })
	for _, e := range d.edges {
		arrow := "-->"
		if e.still || e.order {
			arrow = "-.->"
		}
		if len(e.label) > 0 {
			arrow += `|"` + mermaidText(e.label, ", ") + `"|`
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", e.from, arrow, e.to)
	}
	return b.String()
}

// mermaidText escapes text for a quoted label; Mermaid spells entities with "#" in place of "&".
func mermaidText(lines []string, glue string) string {
	escape := strings.NewReplacer(
		`#`, "#35;", `&`, "#38;", `"`, "#34;", `<`, "#60;", `>`, "#62;", "`", "#96;", `\`, "#92;", `|`, "#124;", `%`, "#37;")
	return joinMapped(lines, glue, escape.Replace)
}

func (d drawing) dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph \"%s\" {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n", dotText([]string{d.name}, ""))
	b.WriteString("  edge [fontname=\"sans-serif\", fontsize=10];\n")
	node := func(indent string, i int) {
		shape := ""
		if d.nodes[i].dataset {
			shape = ", shape=cylinder, style=solid"
		}
		text := dotText(append([]string{d.nodes[i].name}, d.nodes[i].lines...), `\n`)
		fmt.Fprintf(&b, "%sn%d [label=\"%s\"%s];\n", indent, i, text, shape)
	}
	d.byCloud(
		func(k int, cloud string) {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=\"%s\";\n    style=rounded;\n", k, dotText([]string{cloud}, ""))
		},
		node,
		func() { b.WriteString("  }\n") })
	for _, e := range d.edges {
		style := ""
		if e.still || e.order {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  n%d -> n%d [label=\"%s\"%s];\n", e.from, e.to, dotText(e.label, `\n`), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText escapes text for a quoted string. Graphviz also reads entities in it, so "&" is spelt as one.
func dotText(lines []string, glue string) string {
	return joinMapped(lines, glue, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, "&amp;").Replace)
}

func joinMapped(lines []string, glue string, escape func(string) string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = escape(clean(line))
	}
	return strings.Join(escaped, glue)
}

// byCloud visits the nodes without a cloud, then each cloud with its nodes.
func (d drawing) byCloud(open func(k int, cloud string), node func(indent string, i int), end func()) {
	for i, n := range d.nodes {
		if n.cloud == "" {
			node("  ", i)
		}
	}
	for k, cloud := range d.clouds() {
		open(k, cloud)
		for i, n := range d.nodes {
			if n.cloud == cloud {
				node("    ", i)
			}
		}
		end()
	}
}
