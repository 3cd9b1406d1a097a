package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// machine reads the instance type of the current line, or the accelerators of a line that has none.
func (l *skyList) machine(name, accelerator, number string) (catalog.InstanceType, error) {
	t := catalog.InstanceType{Cloud: l.Cloud, Name: name}
	if tpu, ok := strings.CutPrefix(accelerator, "tpu-"); ok && name == "" {
		t.Name = tpu // a slice is a type of its own, and what it has the catalog knows
		return t, nil
	}
	if accelerator != "" {
		n, err := count(number)
		if err != nil || n == 0 {
			return t, fmt.Errorf("accelerator count %q: want a whole number from 1 on", clip(number))
		}
		t.Accelerator = catalog.Accelerator{Kind: strings.ToLower(accelerator), Count: n}
	}
	if name == "" {
		if accelerator == "" {
			return t, fmt.Errorf("has neither an instance type nor an accelerator")
		}
		return t, nil
	}
	if err := l.sameCount(t); err != nil {
		return t, err
	}
	return t, l.shape(&t)
}

// sameCount refuses a count that the known type does not have, and for an unknown one what no machine has.
func (l *skyList) sameCount(t catalog.InstanceType) error {
	n := t.Accelerator.Count
	known, ok := l.known[t.Name]
	switch {
	case n == 0:
	case ok && known.Accelerator.Count != n:
		return fmt.Errorf("has %d accelerators, and %s is known to have %d", n, t.Name, known.Accelerator.Count)
	case !ok && !slices.Contains([]int{1, 2, 3, 4, 6, 8, 10, 16}, n) && !containsAny(t.Accelerator.Kind, "inferentia", "trainium", "tpu"):
		return fmt.Errorf("has %d accelerators, which no machine is sold with", n)
	}
	return nil
}

// shape reads cores and memory. A line without them prices a type that something else describes.
func (l *skyList) shape(t *catalog.InstanceType) error {
	cpus, memory := l.cell("vCPUs"), l.cell("MemoryGiB")
	if cpus == "" || memory == "" {
		return nil
	}
	n, err := count(cpus)
	if err != nil || n == 0 {
		return fmt.Errorf("vCPUs %q: want a whole number from 1 on", clip(cpus))
	}
	size, err := unit.ParseBytes(memory + " GiB")
	if err != nil || size == 0 {
		return fmt.Errorf("MemoryGiB %q: want a number", clip(memory))
	}
	t.CPUs, t.Memory = n, size
	switch l.cell("Arch") {
	case "x86_64":
		t.Arch = "amd64"
	case "arm64", "aarch64":
		t.Arch = "arm64"
	}
	return nil
}

// hostOnly reports whether a price is of a gcp machine without the accelerators that it always has.
func (l *skyList) hostOnly(key skyKey, p *skyPrice) bool {
	if l.Cloud != "gcp" || p.machine.Accelerator.Count > 0 {
		return false
	}
	known := l.known[key.name]
	if known.Accelerator.Count > 0 && !strings.HasPrefix(known.Accelerator.Kind, "tpu") {
		return true // joined says it
	}
	family, _, _ := strings.Cut(key.name, "-")
	if known.Name == "" && slices.Contains([]string{"a2", "a3", "a4", "g2", "g4"}, family) {
		l.s.refuse(p.row, key.name, "is the price of the machine without its accelerators",
			"add the type to SkyPilot.Types, with its accelerators")
		return true
	}
	return false
}

// joined says gcp machines with accelerators: the host and the accelerators have a row each.
func (l *skyList) joined(told map[string]bool) {
	if l.Cloud != "gcp" {
		return
	}
	hosts := map[string][]catalog.InstanceType{}
	for _, t := range l.Types {
		if t.Cloud == l.Cloud && t.Accelerator.Count > 0 && !strings.HasPrefix(t.Accelerator.Kind, "tpu") {
			host, _, _ := strings.Cut(t.Name, "+")
			hosts[host] = append(hosts[host], t)
		}
	}
	var keys []skyKey
	for key := range l.prices {
		if hosts[key.name] != nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, skyKey.compare)
	for _, key := range keys {
		host := l.prices[key]
		for _, t := range hosts[key.name] {
			with := key
			with.name = "+" + t.Accelerator.String()
			if gpus, ok := l.prices[with]; ok && l.s.open() {
				l.offer(key, catalog.InstanceType{Name: t.Name}, host.price+gpus.price, host.row, told)
			}
		}
	}
}
