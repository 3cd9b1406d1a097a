package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// awsProduct is a machine as the AWS price list describes it: the columns of its CSV, or the attributes of its JSON.
type awsProduct struct {
	family, locationType, location, region            string
	instance, cpus, memory, processor, gpus           string
	tenancy, system, installed, capacity, market, job string
}

// wanted reports whether it is what the catalog's service "vm" is: Linux without licence on shared hardware, in a region.
// Dedicated hosts, other systems, Local Zones, unused capacity reservations and capacity blocks are other things.
func (p *awsProduct) wanted() bool {
	return strings.HasPrefix(p.family, "Compute Instance") && p.instance != "" &&
		oneOf(p.locationType, "", "AWS Region") && p.tenancy == "Shared" && p.system == "Linux" &&
		oneOf(p.installed, "", "NA") && oneOf(p.capacity, "", "Used") && oneOf(p.market, "", "OnDemand") &&
		oneOf(p.job, "", "RunInstances")
}

func oneOf(s string, all ...string) bool {
	return slices.Contains(all, s)
}

// place is the region of the product. Older lists give only its title.
func (p *awsProduct) place(titles map[string]string) (catalog.Place, error) {
	code := p.region
	if code == "" {
		code = titles[p.location]
	}
	if code == "" {
		return catalog.Place{}, fmt.Errorf("no region is known under the name %q", clip(p.location))
	}
	return catalog.Place{Cloud: "aws", Region: code}, nil
}

// machine is the instance type as far as the list describes it.
func (p *awsProduct) machine(n names, source catalog.Source) (*catalog.InstanceType, error) {
	cpus, err := count(p.cpus)
	if err != nil || cpus == 0 {
		return nil, fmt.Errorf("vCPU %q: want a whole number", clip(p.cpus))
	}
	memory, err := unit.ParseBytes(strings.ReplaceAll(p.memory, ",", ""))
	if err != nil || memory == 0 {
		return nil, fmt.Errorf("memory %q: want a size such as 8 GiB", clip(p.memory))
	}
	t := &catalog.InstanceType{Cloud: "aws", Name: n.keep(p.instance), CPUs: cpus, Memory: memory, Source: source}
	switch {
	case strings.Contains(p.processor, "Graviton"):
		t.Arch = "arm64"
	case strings.Contains(p.processor, "Intel"), strings.Contains(p.processor, "AMD"):
		t.Arch = "amd64"
	}
	t.Accelerator, err = awsAccelerator(p.instance, p.gpus)
	return t, err
}

// awsAccelerator joins the list's count of GPUs with the kind that the family is known to have: the list does not name it.
// Inferentia and Trainium chips are not in the list at all, so a machine of theirs has none said.
func awsAccelerator(instance, gpus string) (catalog.Accelerator, error) {
	if oneOf(gpus, "", "NA", "0") {
		return catalog.Accelerator{}, nil
	}
	n, err := count(gpus)
	if err != nil {
		// A slice of a GPU, such as 0.5, is nothing a stage can count on.
		return catalog.Accelerator{}, fmt.Errorf("GPU %w", err)
	}
	family, _, _ := strings.Cut(instance, ".")
	kind := awsGPU(family)
	if kind == "" {
		return catalog.Accelerator{}, fmt.Errorf("has %d GPUs of a kind that is not known", n)
	}
	return catalog.Accelerator{Kind: kind, Count: n}, nil
}

// awsGPU is the kind of GPU in a family of instance types (https://aws.amazon.com/ec2/instance-types/).
func awsGPU(family string) string {
	switch family {
	case "p2":
		return "k80"
	case "p3":
		return "v100"
	case "p3dn":
		return "v100-32gb"
	case "p4d":
		return "a100"
	case "p4de":
		return "a100-80gb"
	case "p5":
		return "h100"
	case "p5e", "p5en":
		return "h200"
	case "p6-b200":
		return "b200"
	case "g3", "g3s":
		return "m60"
	case "g4dn":
		return "t4"
	case "g5":
		return "a10g"
	case "g5g":
		return "t4g"
	case "g6", "gr6":
		return "l4"
	case "g6e":
		return "l40s"
	}
	return ""
}

// awsTerm is a price of a product: a row of the CSV, or a price dimension of the JSON.
type awsTerm struct {
	kind, unit, price, currency string // kind is OnDemand or Reserved
	lease, purchase, class      string
}

// commitment reads what a reservation binds to: standard ones only, since a convertible one is another promise.
func (t *awsTerm) commitment() (c catalog.Commitment, name string, err error) {
	switch t.lease {
	case "1yr":
		c.Term = year
	case "3yr":
		c.Term = 3 * year
	default:
		return c, "", fmt.Errorf("lease contract length %q: want 1yr or 3yr", clip(t.lease))
	}
	switch t.purchase {
	case "No Upfront", "Partial Upfront", "All Upfront":
		return c, t.lease + "-" + strings.ReplaceAll(strings.ToLower(t.purchase), " ", "-"), nil
	}
	return c, "", fmt.Errorf("purchase option %q: want No, Partial or All Upfront", clip(t.purchase))
}

// year is the 365 days over which clouds spread a reservation.
const year = 365 * 24 * time.Hour

// errCurrency is about prices that are not in dollars.
var errCurrency = errors.New("the price is not in US dollars")
