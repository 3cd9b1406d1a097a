// Package mem keeps a bucket in memory, with the exact semantics of [transfer.Bucket]. It serves tests, simulated
// clouds and rehearsals; [Options] can make it fail or flip bytes on purpose.
//
// The main type is [Bucket]; make one with [New].
package mem
