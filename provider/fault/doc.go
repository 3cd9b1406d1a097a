// Package fault is the one error type that leaves a provider: what was being done, to what, where, what class of
// failure it was, how far it reaches and whether the call may have taken effect all the same.
//
// A [Kind] is itself an error, so a caller writes errors.Is(err, fault.Capacity) for the class and
// errors.AsType[*fault.Error](err) for the facts. The package depends on the standard library alone.
package fault
