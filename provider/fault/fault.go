package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is the class of a failure. It decides what the broker does next and is an error itself.
type Kind string

// The kinds. Unknown is never read as failed: whatever was asked may have happened.
const (
	Unknown     Kind = "unknown"     // not understood; resolve first, then retry a bounded number of times
	Capacity    Kind = "capacity"    // the cloud has none left there; go elsewhere
	Quota       Kind = "quota"       // the account may not hold more; go elsewhere
	Unsupported Kind = "unsupported" // not offered there, or the provider cannot do it
	Auth        Kind = "auth"        // credentials or rights; nothing else will work on this cloud
	Throttled   Kind = "throttled"   // too many calls; the same call later
	Invalid     Kind = "invalid"     // the request is wrong; it would fail anywhere
	Transient   Kind = "transient"   // a passing failure; the same call again
	Preempted   Kind = "preempted"   // the cloud took the machine back
	NotFound    Kind = "not found"   // proven absent
	Conflict    Kind = "conflict"    // the key is taken by something else, or was released
)

// Error makes a Kind usable with errors.Is.
func (k Kind) Error() string { return string(k) }

// Scope says how far a refusal reaches: what the broker should avoid for a time.
type Scope string

// The scopes, from narrow to wide. The empty Scope means the failure says nothing about other places.
const (
	ScopeNone     Scope = ""
	ScopeOffering Scope = "offering" // this instance type in this zone
	ScopeMarket   Scope = "market"   // this market (spot, say) in this region
	ScopeZone     Scope = "zone"
	ScopeRegion   Scope = "region"
	ScopeCloud    Scope = "cloud"
)

// Error is a failure of one call to one cloud. Op and Kind are always set.
type Error struct {
	Op         string        // what was being done: "allocate", "start", "copy part"
	Cloud      string        // where: the cloud's name
	Place      string        // cloud/region/zone, as far as known
	Kind       Kind          // class of the failure
	Scope      Scope         // how far it reaches
	RetryAfter time.Duration // how long the cloud asks us to wait; 0 = it did not say
	Ambiguous  bool          // the call may have taken effect
	Code       string        // the cloud's own word for it
	Err        error         // the cause; may be nil
}

// Error says what, where, why, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if where := e.where(); where != "" {
		b.WriteString(" at " + where)
	}
	b.WriteString(": " + string(e.Kind))
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.Ambiguous {
		b.WriteString(", outcome unknown")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) where() string {
	if e.Place != "" {
		return e.Place
	}
	return e.Cloud
}

// Unwrap lets errors.Is see both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// KindOf is the kind of the first fault in err's tree, or Unknown when there is none. It is "" for a nil error.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	return Unknown
}

// Of is the first fault in err's tree, or a new one of kind Unknown that wraps err, ambiguous since nothing is known
// about it. It is nil for a nil error.
func Of(op string, err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Op: op, Kind: KindOf(err), Ambiguous: KindOf(err) == Unknown, Err: err}
}

// At is err as a provider returns it: the first fault in err's tree, or what [Of] makes of it, with op, cloud and place
// in the stead of its own; an empty one leaves that as it is. What err wraps, such as the end of a context, is found
// with errors.Is as before. It is nil for a nil error.
func At(op, cloud, place string, err error) error {
	if err == nil {
		return nil
	}
	told := *Of(op, err)
	for _, set := range []struct {
		field *string
		value string
	}{{&told.Op, op}, {&told.Cloud, cloud}, {&told.Place, place}} {
		if set.value != "" {
			*set.field = set.value
		}
	}
	return &told
}
