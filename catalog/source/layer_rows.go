package source

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/openintercloud/broker/catalog"
)

func regionLayer() *layer[catalog.Region] {
	return &layer[catalog.Region]{
		word: "region", stays: true, often: true, wild: believed[catalog.Region],
		key: func(x catalog.Region) string { return x.Place.String() },
		same: func(a, b catalog.Region) bool {
			return a.Country == b.Country && a.City == b.City && slices.Equal(a.Zones, b.Zones)
		},
		over: overRegion,
	}
}

func overRegion(old, x catalog.Region) (catalog.Region, []difference) {
	d := differing(
		difference{"country", old.Country, x.Country},
		difference{"city", old.City, x.City},
		difference{"carbon", figure(old.Carbon), figure(x.Carbon)},
	)
	x.Country, x.City, x.Carbon = or(x.Country, old.Country), or(x.City, old.City), or(x.Carbon, old.Carbon)
	x.Parent = or(x.Parent, old.Parent)
	if x.History == nil {
		x.History = old.History
	}
	if x.Latitude == 0 && x.Longitude == 0 {
		x.Latitude, x.Longitude = old.Latitude, old.Longitude
	}
	if x.Since.IsZero() {
		x.Since = old.Since
	}
	if x.Zones == nil {
		x.Zones = old.Zones
	}
	return x, d
}

func figure(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}

func typeLayer() *layer[catalog.InstanceType] {
	return &layer[catalog.InstanceType]{
		word: "type", stays: true, often: true, wild: believed[catalog.InstanceType],
		key: func(x catalog.InstanceType) string { return x.Cloud + "/" + x.Name },
		same: func(a, b catalog.InstanceType) bool {
			return a.CPUs == b.CPUs && a.Memory == b.Memory && a.Arch == b.Arch && a.Accelerator == b.Accelerator
		},
		over: overType,
	}
}

func overType(old, x catalog.InstanceType) (catalog.InstanceType, []difference) {
	d := differing(
		difference{"cpus", strconv.Itoa(old.CPUs), strconv.Itoa(x.CPUs)},
		difference{"memory", strconv.FormatInt(int64(old.Memory), 10), strconv.FormatInt(int64(x.Memory), 10)},
		difference{"arch", old.Arch, x.Arch},
		difference{"accelerator", old.Accelerator.String(), x.Accelerator.String()},
	)
	x.Arch, x.Accelerator = or(x.Arch, old.Arch), or(x.Accelerator, old.Accelerator)
	x.Confidential, x.Watts = or(x.Confidential, old.Confidential), or(x.Watts, old.Watts)
	return x, d
}

func offeringLayer() *layer[catalog.Offering] {
	return &layer[catalog.Offering]{
		word: "offering",
		key:  catalog.Offering.Key,
		same: func(a, b catalog.Offering) bool {
			return a.Price == b.Price && a.Unit == b.Unit && a.Commitment == b.Commitment
		},
		over: overOffering,
		wild: func(old, x catalog.Offering) string {
			if old.Unit != x.Unit {
				return ""
			}
			return leap(old.Price, x.Price)
		},
	}
}

func overOffering(old, x catalog.Offering) (catalog.Offering, []difference) {
	d := differing(
		difference{"price", fmt.Sprintf("%s per %s", old.Price, old.Unit), fmt.Sprintf("%s per %s", x.Price, x.Unit)},
		difference{"upfront", upfront(old), upfront(x)},
	)
	x.Minimum, x.Increment = or(x.Minimum, old.Minimum), or(x.Increment, old.Increment)
	x.Capacity, x.Preemption = or(x.Capacity, old.Capacity), or(x.Preemption, old.Preemption)
	return x, d
}

func upfront(o catalog.Offering) string {
	if o.Commitment.Upfront == 0 {
		return ""
	}
	return o.Commitment.Upfront.String()
}
