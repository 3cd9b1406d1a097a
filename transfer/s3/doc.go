// Package s3 is a [transfer.Bucket] over the S3 protocol: Amazon S3 itself and the stores that speak it, such as MinIO, R2 or
// versitygw, whose differences are fields of [Config].
//
// The main type is [Bucket]; make one with [Open]. Reads are ranges pinned by entity tag and go on by themselves when a connection
// breaks. A small object is stored by one request, any other in parts; each part and the whole carry a CRC32C that the store
// compares. Copies between buckets of one store are made by the store, in parallel ranges, and no byte of them passes here. The
// SDK tries a request again when that may help, a bounded number of times.
//
// The version of an object is its entity tag, in versioned buckets too: a listing tells no other.
package s3
