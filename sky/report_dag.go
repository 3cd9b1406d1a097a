package sky

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Sizes of the drawing, in pixels. u runs along the flow, v across it.
const (
	nodeWide, nodeTall = 190, 88 // of a stage
	dataTall           = 72      // of a dataset
	acrossGap          = 26      // between nodes of a layer
	bendRoom           = 30      // across, for an edge that passes a layer
	edgeGapWide        = 112     // between layers from left to right: room for a label
	edgeGapTall        = 74      // between layers from top to bottom
	dagMargin          = 12
	labelWide          = 96
	labelTall          = 30
)

// dag is a laid out drawing, ready to be written as SVG.
type dag struct {
	Class         string // "wide" flows from left to right, "narrow" from top to bottom
	Width, Height int
	Least         int // width below which the words are too small to read
	Nodes         []dagNode
	Edges         []dagEdge
}

type dagNode struct {
	X, Y, W, H int
	Class      string
	Title      string
	Texts      []dagText
}

type dagEdge struct {
	Path  string
	Class string
	Texts []dagText
}

type dagText struct {
	X, Y  int
	Class string
	Text  string
}

// vertex is a node of the drawing, or a bend of an edge that passes a layer.
type vertex struct {
	node  int // -1 = a bend
	layer int
	u, v  int       // its middle
	next  []*vertex // in the following layer
	prev  []*vertex
	rank  float64
}

// layout draws in layers: each node one layer after the last of what it waits for, in an order that keeps edges short.
type layout struct {
	drawing
	down   bool
	layers [][]*vertex
	nodes  []*vertex
	chains [][]*vertex // of each edge: source, bends, target; nil when it cannot be drawn
	words  [][2]int    // where labels stand
}

func (d drawing) layout(down bool, class func(cloud string) string) dag {
	l := &layout{drawing: d, down: down}
	l.assign()
	l.connect()
	for i := range 8 {
		l.sweep(i%2 == 0)
	}
	width, height := l.position()
	out := dag{Class: "wide", Width: width, Height: height, Least: width * 3 / 4}
	if down {
		out.Class = "narrow"
	}
	for i, chain := range l.chains {
		if chain != nil {
			out.Edges = append(out.Edges, l.edge(d.edges[i], chain))
		}
	}
	for i, n := range d.nodes {
		out.Nodes = append(out.Nodes, l.node(n, l.nodes[i], class(n.cloud)))
	}
	return out
}

// assign gives each node its layer. Edges of a cycle, which no valid job has, are not followed.
func (l *layout) assign() {
	waits := make([]int, len(l.drawing.nodes))
	layer := make([]int, len(waits))
	for _, e := range l.edges {
		waits[e.to]++
	}
	var ready []int
	for i, n := range waits {
		if n == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, e := range l.edges {
			if e.from != i {
				continue
			}
			layer[e.to] = max(layer[e.to], layer[i]+1)
			if waits[e.to]--; waits[e.to] == 0 {
				ready = append(ready, e.to)
			}
		}
	}
	l.pullDatasets(layer)
	for i := range l.drawing.nodes {
		l.nodes = append(l.nodes, l.vertex(i, layer[i]))
	}
}

// pullDatasets puts each dataset just before its first reader.
func (l *layout) pullDatasets(layer []int) {
	for i, n := range l.drawing.nodes {
		first := -1
		for _, e := range l.edges {
			if n.dataset && e.from == i && (first < 0 || layer[e.to] < first) {
				first = layer[e.to]
			}
		}
		if first > 0 {
			layer[i] = first - 1
		}
	}
}

func (l *layout) vertex(node, layer int) *vertex {
	for len(l.layers) <= layer {
		l.layers = append(l.layers, nil)
	}
	v := &vertex{node: node, layer: layer}
	l.layers[layer] = append(l.layers[layer], v)
	return v
}

// connect joins the nodes, with a bend in each layer an edge passes.
func (l *layout) connect() {
	l.chains = make([][]*vertex, len(l.edges))
	for i, e := range l.edges {
		from, to := l.nodes[e.from], l.nodes[e.to]
		if from.layer >= to.layer {
			continue
		}
		chain := []*vertex{from}
		for k := from.layer + 1; k < to.layer; k++ {
			chain = append(chain, l.vertex(-1, k))
		}
		chain = append(chain, to)
		for k := 1; k < len(chain); k++ {
			chain[k-1].next = append(chain[k-1].next, chain[k])
			chain[k].prev = append(chain[k].prev, chain[k-1])
		}
		l.chains[i] = chain
	}
}

// sweep orders each layer by the mean place of its neighbours in the layer before, or after.
func (l *layout) sweep(forward bool) {
	for k := range l.layers {
		if !forward {
			k = len(l.layers) - 1 - k
		}
		for at, v := range l.layers[k] {
			near := v.prev
			if !forward {
				near = v.next
			}
			v.rank = float64(at)
			if len(near) > 0 {
				v.rank = mean(l.layers[near[0].layer], near)
			}
		}
		slices.SortStableFunc(l.layers[k], func(a, b *vertex) int { return cmp.Compare(a.rank, b.rank) })
	}
}

func mean(layer, near []*vertex) float64 {
	sum := 0.0
	for _, v := range near {
		sum += float64(slices.Index(layer, v))
	}
	// relative to the middle, so that layers of different sizes compare
	return sum/float64(len(near)) - float64(len(layer)-1)/2
}

// position sets the middle of each vertex and returns the size of the whole.
func (l *layout) position() (width, height int) {
	along, gap := nodeWide, edgeGapWide
	if l.down {
		along, gap = nodeTall, edgeGapTall
	}
	across := 0
	for _, layer := range l.layers {
		across = max(across, l.across(layer))
	}
	for k, layer := range l.layers {
		at := dagMargin + (across-l.across(layer))/2
		for _, v := range layer {
			v.u = dagMargin + k*(along+gap) + along/2
			v.v = at + l.room(v)/2
			at += l.room(v) + acrossGap
		}
	}
	u, v := 2*dagMargin+len(l.layers)*(along+gap)-gap, 2*dagMargin+across
	if l.down {
		return v, max(0, u)
	}
	return max(0, u), v
}

func (l *layout) across(layer []*vertex) int {
	sum := -acrossGap
	for _, v := range layer {
		sum += l.room(v) + acrossGap
	}
	return max(0, sum)
}

// room is how much of v a vertex takes.
func (l *layout) room(v *vertex) int {
	switch {
	case v.node < 0:
		return bendRoom
	case l.down:
		return nodeWide
	}
	return l.tall(v.node)
}

func (l *layout) tall(node int) int {
	if l.drawing.nodes[node].dataset {
		return dataTall
	}
	return nodeTall
}

// xy turns u and v into x and y.
func (l *layout) xy(u, v int) (x, y int) {
	if l.down {
		return v, u
	}
	return u, v
}

func (l *layout) node(n drawNode, v *vertex, class string) dagNode {
	x, y := l.xy(v.u, v.v)
	tall := l.tall(v.node)
	out := dagNode{X: x - nodeWide/2, Y: y - tall/2, W: nodeWide, H: tall, Class: class, Title: n.name + "\n" + strings.Join(n.lines, "\n")}
	if n.dataset {
		out.Class += " data"
	}
	if n.state != "" {
		out.Class += " " + n.state
	}
	out.Texts = append(out.Texts, dagText{out.X + 16, out.Y + 23, "name", clip(n.name, 18)})
	if mark := map[string]string{"ok": "\u2713", "bad": "\u2717", "busy": "\u2026"}[n.state]; mark != "" {
		out.Texts = append(out.Texts, dagText{out.X + nodeWide - 14, out.Y + 23, "mark", mark})
	}
	for i, line := range n.lines[:min(len(n.lines), 3)] {
		out.Texts = append(out.Texts, dagText{out.X + 16, out.Y + 42 + 17*i, "line", clip(line, 25)})
	}
	return out
}

// half is how far a vertex reaches along u from its middle.
func (l *layout) half(v *vertex) int {
	switch {
	case l.down && v.node >= 0:
		return l.tall(v.node) / 2
	case l.down:
		return nodeTall / 2
	}
	return nodeWide / 2
}

func (l *layout) edge(e drawEdge, chain []*vertex) dagEdge {
	var path strings.Builder
	at := func(u, v int) string { x, y := l.xy(u, v); return fmt.Sprintf("%d %d", x, y) }
	u := chain[0].u + l.half(chain[0])
	fmt.Fprintf(&path, "M%s", at(u, chain[0].v))
	for k := 1; k < len(chain); k++ {
		from, to := chain[k-1], chain[k]
		end := to.u - l.half(to)
		if k == len(chain)-1 {
			end -= 7 // the arrow's head
		}
		middle := (u + end) / 2
		fmt.Fprintf(&path, " C%s %s %s", at(middle, from.v), at(middle, to.v), at(end, to.v))
		if u = to.u + l.half(to); to.node < 0 {
			fmt.Fprintf(&path, " L%s", at(u, to.v))
		}
	}
	out := dagEdge{Path: path.String(), Texts: l.labels(e, chain[0], chain[1])}
	if e.still || e.order {
		out.Class = "still"
	}
	return out
}

// labels stand on the first part of an edge.
func (l *layout) labels(e drawEdge, from, to *vertex) []dagText {
	if len(e.label) == 0 {
		return nil
	}
	name, how := e.label[0][strings.LastIndexByte(e.label[0], '/')+1:], e.label[1]
	if n := len(e.label); n > 2 {
		how += ", " + e.label[n-1] // the cost, or "in place"
	}
	lines := []dagText{{Class: "what", Text: clip(name, 16)}, {Class: "how", Text: clip(how, 19)}}
	x, y := l.beside(from, to)
	for i := range lines {
		lines[i].X, lines[i].Y = x, y-8+i*23
	}
	if l.down {
		lines[0].Y, lines[1].Y = y-3, y+12
	}
	return lines
}

// beside is where to write of an edge: nearer to that end at which fewer edges meet, so that the words of edges that
// fan out or in do not lie on each other; or at the first of a few other points that is free.
func (l *layout) beside(from, to *vertex) (x, y int) {
	along := [5]int{50, 30, 70, 16, 84} // percent of the way across
	switch {
	case len(from.next) > len(to.prev):
		along = [5]int{84, 67, 50, 33, 16}
	case len(from.next) < len(to.prev):
		along = [5]int{16, 33, 50, 67, 84}
	}
	middle := (from.u + l.half(from) + to.u - l.half(to)) / 2
	if !l.down {
		middle -= 4 // the head of the arrow takes the end of the gap
	}
	for i, percent := range along {
		px, py := l.xy(middle, from.v+(to.v-from.v)*percent/100)
		free := !slices.ContainsFunc(l.words, func(w [2]int) bool { return abs(w[0]-px) < labelWide && abs(w[1]-py) < labelTall })
		if i == 0 || free {
			x, y = px, py
		}
		if free {
			break
		}
	}
	l.words = append(l.words, [2]int{x, y})
	return x, y
}

func abs(n int) int { return max(n, -n) }
