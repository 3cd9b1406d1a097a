// Package buckettest is the conformance suite of [transfer.Bucket]: it checks every sentence of that contract against
// a real implementation. Call [Run] from a test of the implementation:
//
//	func TestBucket(t *testing.T) {
//		buckettest.Run(t, func(t *testing.T) transfer.Bucket { return open(t) })
//	}
package buckettest
