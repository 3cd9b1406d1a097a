package sky

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/openintercloud/broker/catalog"
)

// site is the host's own line that made a node.
type site struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

func (s site) String() string {
	if s.File == "" {
		return "job"
	}
	return fmt.Sprintf("%s:%d", filepath.Base(s.File), s.Line)
}

// caller is the line that called the function that calls caller.
func caller() site { return callerOf(2) }

// callerOf is the line n levels above the function that calls callerOf.
func callerOf(n int) site {
	_, file, line, ok := runtime.Caller(n + 1)
	if !ok {
		return site{}
	}
	return site{file, line}
}

// location is a place with the facts that rules look at.
type location struct {
	place    catalog.Place
	country  string
	operator string
	latency  func(latitude, longitude float64) (catalog.Latency, bool) // from a client; nil = unknown
}
