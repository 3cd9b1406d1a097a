// Package relay carries objects between places over paths that package overlay planned, through machines in other places.
//
// A [Server] runs on each machine of a path. It serves the objects of a bucket, where the data is, and passes connections on to
// the next machine, where it is not. A [Bucket] is the far end: a read-only [transfer.Bucket] that reaches the server at the
// source over several paths at once, so that [transfer.Copy] moves the data with all it does otherwise: parallel ranges, as many
// streams as bring something, retries, checksums, a ledger.
//
// Reads are pulled: each takes the path on which it is expected to end first, judged by what that path brought lately. So a
// path gets as much as it can carry and none idles, a slow one is given less by itself, and the reads of one that died are tried
// again on the others.
//
// Every machine has an [Identity] made for the run, and knows the keys of those it may talk to; nothing else is trusted, neither
// names nor authorities. What relays pass on is encrypted between the ends: a relay cannot read it.
package relay
