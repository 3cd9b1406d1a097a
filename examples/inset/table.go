package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/openintercloud/broker/sky"
)

// printTable prints the plan beside the best plan on azure alone, as the paper does.
func printTable(w io.Writer, plan *sky.Plan) {
	alone := single(plan, "azure")
	saved := func(ours, theirs float64) string { return fmt.Sprintf("−%.0f %%", math.Abs(1-ours/theirs)*100) }
	fmt.Fprintf(w, "Chosen clouds: %s\n\n", clouds(plan))
	fmt.Fprintf(w, "                        time h              cost $\n")
	fmt.Fprintf(w, "azure alone, paper        10.8                 105\n")
	fmt.Fprintf(w, "azure alone, ours   %10.1f          %10.0f   exactly %s\n", hours(alone.Time), dollars(alone.Cost), alone.Cost)
	fmt.Fprintf(w, "sky, paper          5.7 (−47 %%)           40 (−61 %%)\n")
	fmt.Fprintf(w, "sky, ours           %.1f (%s)           %.0f (%s)   exactly %s, %.6f h\n",
		hours(plan.Time), saved(plan.Time.Hours(), alone.Time.Hours()),
		dollars(plan.Cost), saved(dollars(plan.Cost), dollars(alone.Cost)), plan.Cost, plan.Time.Hours())
	fmt.Fprintf(w, "\nStage by stage (time h, cost $)\n")
	for _, s := range plan.Stages {
		fmt.Fprintf(w, "  %-6s %-6s %-11s %5.2f %9.4f\n", s.Name, s.Offering.Place.Cloud, s.Offering.Type.Name, s.Time.Hours(), dollars(s.Cost))
	}
	moving := time.Duration(0)
	for _, r := range plan.Routes {
		moving += r.Time
	}
	fmt.Fprintf(w, "  moving                    %5.2f %9.4f\n", moving.Hours(), dollars(plan.Egress))
}

func single(p *sky.Plan, cloud string) sky.SingleCloud {
	for _, s := range p.Singles {
		if s.Cloud == cloud {
			return s
		}
	}
	return sky.SingleCloud{}
}

func hours(d time.Duration) float64 { return math.Round(d.Hours()*10) / 10 }

func dollars(m sky.Money) float64 { return float64(m) / float64(sky.Dollar) }
