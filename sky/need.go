package sky

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// Need is something an offering must have. Needs are data: they can be stored, compared and explained.
type Need struct {
	Kind  NeedKind `json:"kind"`
	Text  string   `json:"text,omitempty"`
	Count int64    `json:"count,omitempty"`
}

// NeedKind names a need.
type NeedKind string

// The needs.
const (
	needCPUs         NeedKind = "cpus"
	needMemory       NeedKind = "memory"
	needAccelerator  NeedKind = "accelerator"
	needConfidential NeedKind = "confidential"
	needArch         NeedKind = "arch"
	needType         NeedKind = "type"
	needVerified     NeedKind = "verified"
	needFeature      NeedKind = "feature"
)

// CPUs asks for at least n virtual CPUs.
func CPUs(n int) Need { return Need{Kind: needCPUs, Count: int64(n)} }

// Memory asks for at least that much memory.
func Memory(b Bytes) Need { return Need{Kind: needMemory, Count: int64(b)} }

// Accelerator asks for accelerators, as "kind:count" ("v100:4", "inferentia:1"); without a count, one.
func Accelerator(spec string) Need {
	kind, count, found := strings.Cut(strings.ToLower(spec), ":")
	if !found {
		return Need{Kind: needAccelerator, Text: kind, Count: 1}
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return Need{Kind: needAccelerator, Text: spec} // no count: reported by Validate
	}
	return Need{Kind: needAccelerator, Text: kind, Count: int64(n)}
}

// Confidential asks for confidential computing by a technology: "sgx", "sev-snp", "tdx".
func Confidential(technology string) Need {
	return Need{Kind: needConfidential, Text: strings.ToLower(technology)}
}

// Arch asks for a processor architecture: "amd64" or "arm64".
func Arch(arch string) Need { return Need{Kind: needArch, Text: arch} }

// Type asks for one instance type by the cloud's own name.
func Type(name string) Need { return Need{Kind: needType, Text: name} }

// Verified asks that whoever hosts the stage's service passed a suite of checks of it, so that forks that differ are kept
// out. What nobody has checked is kept out too.
func Verified() Need { return Need{Kind: needVerified} }

// Feature asks for something that a hosting of the stage's service can do beyond what the service promises, by the
// catalog's name of it: "cross-region-replication".
func Feature(name string) Need { return Need{Kind: needFeature, Text: name} }

// String is the need as a person would write it.
func (n Need) String() string {
	switch n.Kind {
	case needCPUs:
		return fmt.Sprintf("%d CPUs", n.Count)
	case needMemory:
		return fmt.Sprintf("%s of memory", Bytes(n.Count))
	case needAccelerator:
		return fmt.Sprintf("accelerator %s:%d", n.Text, n.Count)
	case needVerified:
		return string(n.Kind)
	}
	return string(n.Kind) + " " + n.Text
}

// met reports whether an offering has what the need asks for, of a need that looks at the machine.
func (n Need) met(o catalog.Offering) bool {
	t := o.Type
	switch n.Kind {
	case needCPUs:
		return int64(t.CPUs) >= n.Count
	case needMemory:
		return int64(t.Memory) >= n.Count
	case needAccelerator:
		return t.Accelerator.Kind == n.Text && int64(t.Accelerator.Count) >= n.Count
	case needConfidential:
		return t.Confidential == n.Text
	case needArch:
		return t.Arch == n.Text
	case needType:
		return t.Name == n.Text
	}
	return false
}

// check says what is wrong with the need itself; "" when nothing is.
func (n Need) check() string {
	switch n.Kind {
	case needCPUs, needMemory:
		if n.Count <= 0 {
			return fmt.Sprintf("need %s: want more than 0", n)
		}
	case needAccelerator:
		if n.Text == "" || n.Count <= 0 {
			return fmt.Sprintf("need accelerator %q: want kind:count with a count of at least 1", n.Text)
		}
	case needVerified:
	case needConfidential, needArch, needType, needFeature:
		if n.Text == "" {
			return fmt.Sprintf("need %s: name it", n.Kind)
		}
	default:
		return fmt.Sprintf("unknown need %q", n.Kind)
	}
	return ""
}

// Estimate is how long work takes: Fixed + Each × (size of all inputs / Of) ^ Power, a hundred years at most. The zero
// value is no time at all.
type Estimate struct {
	Fixed time.Duration `json:"fixed,omitempty"`
	Each  time.Duration `json:"each,omitempty"`
	Of    Bytes         `json:"of,omitempty"`    // 0 = 1 GB
	Power float64       `json:"power,omitempty"` // 0 = 1, linear
}

// For is the estimate for inputs of a total size, rounded up to milliseconds.
func (e Estimate) For(inputs Bytes) time.Duration {
	of, power := e.Of, e.Power
	if of == 0 {
		of = GB
	}
	if power == 0 {
		power = 1
	}
	fixed, variable := max(e.Fixed, 0), 0.0
	if e.Each > 0 && inputs > 0 {
		variable = math.Pow(float64(inputs)/float64(of), power) * float64(e.Each)
	}
	if !(float64(fixed)+variable < float64(maxEstimate)) { // so that what is not a number counts as too long
		return maxEstimate
	}
	return min(maxEstimate, (fixed + time.Duration(variable) + time.Millisecond - 1).Truncate(time.Millisecond))
}

// Losses is what is expected of spot machines: how often one is taken back, and what that costs in time.
type Losses struct {
	// PerHour is how many times an hour one machine is taken back: 0.05 is once in 20 hours. Default: what the catalog
	// says of the offering, and never where it says nothing.
	PerHour float64 `json:"per_hour,omitempty"`
	// Checkpoint is how much work lies between two states that can be gone on from. 0 = there are none: the work begins anew.
	Checkpoint time.Duration `json:"checkpoint,omitempty"`
	// Restart is the time from a loss until the work goes on. Default: none.
	Restart time.Duration `json:"restart,omitempty"`
}

// stretch is how long work of a length is expected to take: for each machine and hour of it, so many times half of what lies
// between two checkpoints is done again, and it restarts. That is right to first order: while losses are rare.
func (l Losses) stretch(work time.Duration, nodes int) time.Duration {
	again := work
	if l.Checkpoint > 0 {
		again = min(work, l.Checkpoint)
	}
	times := float64(l.PerHour*float64(nodes)) * work.Hours()
	more := float64(times * float64(again/2+l.Restart))
	if !(more < float64(maxEstimate-work)) {
		return maxEstimate
	}
	return min(maxEstimate, (work + time.Duration(more) + time.Millisecond - 1).Truncate(time.Millisecond))
}

func (l Losses) check() string {
	if !(l.PerHour >= 0 && l.PerHour <= maxLosses) || l.Checkpoint < 0 || l.Restart < 0 || l.Restart > maxEstimate {
		return fmt.Sprintf("losses %+v: times must not be negative, and there are 0 to 3600 losses an hour", l)
	}
	return ""
}

// maxLosses is the most losses an hour.
const maxLosses = 3600

// maxEstimate keeps sums of times far from overflow.
const maxEstimate = 100 * 365 * 24 * time.Hour

func (e Estimate) check() string {
	if e.Fixed < 0 || e.Each < 0 || e.Of < 0 || !(e.Power >= 0) || e.Power > 8 {
		return fmt.Sprintf("estimate %+v: times and sizes must not be negative and the power must be between 0 and 8", e)
	}
	return ""
}
