package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseAccelerator reads "kind:count" or "kind", which is one of it.
func ParseAccelerator(s string) (Accelerator, error) {
	kind, count, counted := strings.Cut(s, ":")
	a := Accelerator{Kind: kind, Count: 1}
	if kind == "" || strings.ToLower(kind) != kind || strings.ContainsAny(s, " \t\n") {
		return Accelerator{}, fmt.Errorf("accelerator %q: want kind:count in lower case, such as v100:4", s)
	}
	if counted {
		n, err := strconv.Atoi(count)
		if err != nil || n <= 0 {
			return Accelerator{}, fmt.Errorf("accelerator %q: want a count of 1 or more after the colon", s)
		}
		a.Count = n
	}
	return a, nil
}

// String is the accelerator as [ParseAccelerator] reads it; "" for none.
func (a Accelerator) String() string {
	if a == (Accelerator{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d", a.Kind, a.Count)
}
