package sky

import (
	"fmt"
	"slices"
	"time"
)

// HTML is the plan as one page that needs nothing else, like [Report.HTML]: where everything is to run, what it costs against
// one cloud alone, and the bids. front, such as [Plan.Pareto] gives, is drawn as trade-offs of cost and time when it is not
// empty; notes are shown below it as they are.
func (p *Plan) HTML(front []*Plan, notes ...string) ([]byte, error) {
	r := &Report{Plan: p}
	if p.Job != nil {
		r.Job = p.Job.name
	}
	c := r.colours()
	digits := p.digits()
	v := page{
		Planned: true, Job: r.Job, Outcome: "planned", Mood: "ok", Clouds: c.legend(), Bars: r.bars(c)[1:], Front: drawFront(p, front), Notes: notes,
		Cards: []pageCard{
			{Label: "Stages", Value: fmt.Sprint(len(p.Stages)), Note: "in " + plural(len(p.regions()), "region")},
			{Label: "Cost", Value: digits.text(p.Cost), Note: p.costNote()},
			{Label: "Time", Value: span(p.Time)},
			r.savingCard(),
		},
	}
	v.add(r, c)
	return v.render("plan of job " + r.Job)
}

// costNote says what the cost is made of.
func (p *Plan) costNote() string {
	digits := p.digits()
	note := digits.text(p.Egress) + " of it for moving data"
	if p.List > 0 {
		note += fmt.Sprintf("; %s at list prices, %s prepaid or covered by credits", digits.text(p.List), digits.text(p.Credit))
	}
	return note
}

// regions are the places the stages run at.
func (p *Plan) regions() []string {
	var all []string
	for _, s := range p.Stages {
		all = append(all, s.Offering.Place.InRegion().String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// frontChart is a drawing of trade-offs: time to the right, cost upwards.
type frontChart struct {
	Width, Height, Left, Right, Top, Bottom int
	Line                                    string // the points of the front, for a polyline
	Points                                  []frontPoint
	Across, Up                              []frontTick
}

type frontPoint struct {
	X, Y         float64
	Title, Class string
}

type frontTick struct {
	At   float64
	Text string
}

// frontAxis maps values from 0 to most onto a line.
type frontAxis struct{ most, from, to float64 }

func (a frontAxis) at(v float64) float64 {
	return float64(int((a.from+(a.to-a.from)*v/a.most)*10)) / 10
}

// drawFront draws a front, and marks the plan; nil when there is nothing to draw.
func drawFront(p *Plan, front []*Plan) *frontChart {
	if len(front) == 0 {
		return nil
	}
	f := &frontChart{Width: 720, Height: 340, Left: 92, Right: 704, Top: 16, Bottom: 296}
	x, y := frontAxis{1, float64(f.Left), float64(f.Right)}, frontAxis{1, float64(f.Bottom), float64(f.Top)}
	amounts := []Money{p.Cost}
	for _, q := range front {
		x.most, y.most = max(x.most, 1.1*float64(q.Time)), max(y.most, 1.1*float64(q.Cost))
		amounts = append(amounts, q.Cost)
	}
	digits := digitsFor(amounts...)
	for _, q := range front {
		at := frontPoint{X: x.at(float64(q.Time)), Y: y.at(float64(q.Cost)), Title: digits.text(q.Cost) + ", " + span(q.Time)}
		if q.Cost == p.Cost && q.Time == p.Time {
			at.Class, at.Title = "this", at.Title+": this plan"
		}
		f.Points = append(f.Points, at)
		f.Line += fmt.Sprintf("%g,%g ", at.X, at.Y)
	}
	for i := range 5 {
		share := float64(i) / 4
		f.Across = append(f.Across, frontTick{x.at(x.most * share), span(time.Duration(x.most * share))})
		f.Up = append(f.Up, frontTick{y.at(y.most * share), digits.text(Money(y.most * share))})
	}
	return f
}
