// Package relay carries objects between places over paths that package overlay planned, through machines in other places.
//
// A [Server] runs on each machine of a path. It serves the objects of a bucket, where the data is, and passes connections on to
// the next machine, where it is not. A [Bucket] is the far end: a read-only [transfer.Bucket] that reaches the server at the
// source over several paths at once, so that [transfer.Copy] moves the data with all it does otherwise: parallel ranges, as many
// streams as bring something, retries, checksums, a ledger.
//
// A long read of a known version is cut into pieces that the paths pull: each takes the next one when it has room, of a size that
// suits what it brought lately. So a path gets as much as it can carry and none idles, however few reads there are, and what one
// that died or stalls was to bring comes over the others. [Bucket.Rates] tells a planner what each path really carried.
//
// Every machine has an [Identity] made for the run, and knows the keys of those it may talk to; nothing else is trusted, neither
// names nor authorities. What relays pass on is encrypted between the ends: a relay cannot read it.
package relay
