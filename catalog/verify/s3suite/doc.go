// Package s3suite checks whether an object store keeps to the S3 API where data movers and engines rely on it: conditions
// that make writes safe to race, checksums and signatures that refuse what was changed on the way, parts, ranges, copies
// inside the store, and listings that are right at once. A server that merely stores bytes passes few of them.
//
// The endpoint is a client of the AWS SDK, set up by the host. This package is the only one of the catalog that links an SDK.
package s3suite
