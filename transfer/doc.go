// Package transfer moves data between buckets: fast, whole, and provably the same bytes.
//
// A [Bucket] is any flat store of objects; implementations live in transfer/file (a directory), transfer/mem (memory)
// and beside them, and each passes transfer/buckettest. [Copy] moves an object or a prefix in parallel ranges, within a
// [Budget] of memory, comparing checksums end to end. [Seal] and [Verify] tie a set of objects to a [Manifest], which
// publishes them all at once.
//
// Content has two names: a CRC32C that guards the wire, and a [Digest], the SHA-256 over the SHA-256s of fixed 8 MiB
// chunks, that identifies it for good and can be computed in parallel.
package transfer
