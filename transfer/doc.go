// Package transfer moves data between buckets: fast, whole, and provably the same bytes.
//
// A [Bucket] is any flat store of objects; implementations live in transfer/file (a directory), transfer/mem (memory)
// and beside them, and each passes transfer/buckettest. [Copy] moves an object or a prefix in parallel ranges, within a
// [Budget] of memory, comparing checksums end to end. [Seal] and [Verify] tie a set of objects to a [Manifest], which
// publishes them all at once.
//
// A copy survives what goes wrong on the way: requests are tried again, late parts are started twice, and with [Options.Ledger] a killed
// copy goes on in another process where it stopped, or is undone by [Discard]. [Sync] makes one prefix the other, [QuoteCopy] tells the
// price by a [Tariff] before, and [Options.Spend] is never crossed.
//
// Content has two names: a CRC32C that guards the wire, and a [Digest], the SHA-256 over the SHA-256s of fixed 8 MiB
// chunks, that identifies it for good and can be computed in parallel.
package transfer
