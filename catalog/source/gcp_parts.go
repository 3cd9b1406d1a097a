package source

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// gcpPart is what a machine is priced by: the cores or the memory of a family, or a kind of GPU.
type gcpPart struct {
	name   string // "n2", "t4"
	what   string // "core", "ram", "gpu"
	market catalog.Market
}

// part reads from its description what a SKU is the price of; false for all that predefined machines are not made of.
// The descriptions are words for people, so only forms that are known are taken.
func (x *gcpSKU) part() (gcpPart, bool) {
	var p gcpPart
	if x.Category.Family != "Compute" {
		return p, false
	}
	head, _, found := strings.Cut(x.Description, " running in ")
	switch x.Category.Usage {
	case "OnDemand":
		p.market = catalog.OnDemand
	case "Preemptible":
		p.market = catalog.Spot
		head = strings.TrimPrefix(strings.TrimPrefix(head, "Spot "), "Preemptible ")
		head = strings.TrimSuffix(head, " attached to Spot Preemptible VMs")
	default:
		return p, false
	}
	if !found {
		return p, false
	}
	if kind := gcpGPU(head); kind != "" {
		p.name, p.what = kind, "gpu"
		return p, true
	}
	for suffix, what := range map[string]string{" Core": "core", " Ram": "ram"} {
		if machine, ok := strings.CutSuffix(head, suffix); ok {
			p.name, p.what = gcpFamily(machine), what
		}
	}
	return p, p.name != ""
}

// gcpFamily is the prefix of the instance types that a SKU such as "N2D AMD Instance" is about.
func gcpFamily(head string) string {
	switch head {
	case "Compute optimized", "Compute optimized Instance":
		return "c2"
	case "Memory-optimized Instance":
		return "m1"
	case "N1 Predefined Instance":
		return "n1"
	}
	family, rest, _ := strings.Cut(head, " ")
	if !oneOf(rest, "Instance", "AMD Instance", "Arm Instance") || family == "" || len(family) > 4 || strings.ContainsAny(family, "-/") {
		return "" // custom machines, sole tenants, premiums
	}
	return strings.ToLower(family)
}

// gcpGPU is the kind of accelerator that a SKU is about.
func gcpGPU(head string) string {
	kind, ok := strings.CutSuffix(head, " GPU")
	if !ok {
		return ""
	}
	switch strings.TrimPrefix(strings.TrimPrefix(kind, "Nvidia "), "Tesla ") {
	case "K80":
		return "k80"
	case "P4":
		return "p4"
	case "P100":
		return "p100"
	case "V100":
		return "v100"
	case "T4":
		return "t4"
	case "L4":
		return "l4"
	case "A100":
		return "a100"
	case "A100 80GB":
		return "a100-80gb"
	}
	return ""
}

// price reads the price of an hour of a core, a gibibyte or a GPU, and from when it holds.
func (x *gcpSKU) price(part gcpPart) (p unit.Price, from time.Time, err error) {
	if len(x.Pricing) == 0 {
		return 0, from, errors.New("no pricingInfo")
	}
	info := x.Pricing[len(x.Pricing)-1] // a timeline: the last is in force
	wanted := "h"
	if part.what == "ram" {
		wanted = "GiBy.h"
	}
	if info.Expression.Unit != wanted {
		return 0, from, fmt.Errorf("usage unit %q: want %s", clip(info.Expression.Unit), wanted)
	}
	if len(info.Expression.Tiers) != 1 || strings.Trim(string(info.Expression.Tiers[0].Start), "0.") != "" {
		return 0, from, fmt.Errorf("%d tiers of price: want one, from 0 on", len(info.Expression.Tiers))
	}
	rate := info.Expression.Tiers[0].Price
	if rate.Currency != "USD" {
		return 0, from, errCurrency
	}
	units := int64(0)
	if rate.Units != "" {
		if units, err = strconv.ParseInt(string(rate.Units), 10, 64); err != nil {
			return 0, from, fmt.Errorf("units %q: want a whole number", clip(string(rate.Units)))
		}
	}
	if units < 0 || units > 2_000 || rate.Nanos < 0 || rate.Nanos >= 1e9 {
		return 0, from, fmt.Errorf("%d units and %d nanos are not believed as a price of an hour", units, rate.Nanos)
	}
	if from, err = time.Parse(time.RFC3339, info.From); err != nil {
		return 0, from, fmt.Errorf("effectiveTime %q: want one such as 2020-08-05T01:48:54.819Z", clip(info.From))
	}
	p = unit.Price(units)*unit.Price(unit.Dollar) + unit.Price(rate.Nanos)
	if p == 0 {
		return 0, from, errZero
	}
	return p, from.UTC(), nil
}
