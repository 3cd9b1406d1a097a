package main

import (
	"fmt"
	"html"
	"strings"

	"github.com/openintercloud/broker/sky"
)

// The size of the drawing and of the room around it, in pixels.
const (
	width, height = 720, 420
	margin        = 70
)

// scale maps values from 0 to most onto a line.
type scale struct{ most, from, to float64 }

func (s scale) at(v float64) float64 { return s.from + (s.to-s.from)*v/s.most }

// draw is the front as an SVG of its own: time to the right, cost upwards, a point for each plan.
func draw(title string, front []*sky.Plan) string {
	x := scale{1e-9, margin, width - margin}
	y := scale{1e-9, height - margin, margin}
	for _, p := range front {
		x.most = max(x.most, p.Time.Hours()*1.1)
		y.most = max(y.most, dollars(p.Cost)*1.1)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", html.EscapeString(title))
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"30\" font-size=\"14\">%s</text>\n", margin, html.EscapeString(title))
	axes(&b, x, y)
	var line []string
	for _, p := range front {
		line = append(line, fmt.Sprintf("%.1f,%.1f", x.at(p.Time.Hours()), y.at(dollars(p.Cost))))
	}
	fmt.Fprintf(&b, "<polyline points=\"%s\" fill=\"none\" stroke=\"#8ab\"/>\n", strings.Join(line, " "))
	for _, p := range front {
		fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#147\"><title>%s, %s: %s</title></circle>\n",
			x.at(p.Time.Hours()), y.at(dollars(p.Cost)), p.Cost.Round(4), hours(p.Time), html.EscapeString(machines(p)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axes draws both, with four marks each.
func axes(b *strings.Builder, x, y scale) {
	fmt.Fprintf(b, "<path d=\"M%.0f %.0fV%.0fH%.0f\" fill=\"none\" stroke=\"black\"/>\n", x.from, y.to, y.from, x.to)
	for i := range 5 {
		share := float64(i) / 4
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.4g h</text>\n", x.at(x.most*share), y.from+20, x.most*share)
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">$%.4g</text>\n", x.from-8, y.at(y.most*share)+4, y.most*share)
	}
}

func dollars(m sky.Money) float64 { return float64(m) / float64(sky.Dollar) }
