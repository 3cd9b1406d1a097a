package s3suite_test

import (
	"fmt"

	"github.com/openintercloud/broker/catalog/verify/s3suite"
)

// The checks, in the order they are run.
func ExampleSuite() {
	suite := s3suite.Suite()
	fmt.Println(suite.Name, suite.Version, "checks", suite.Service)
	for _, c := range suite.Checks {
		fmt.Println("-", c.Name)
	}
	// Output:
	// s3-api 1.0 checks s3
	// - metadata
	// - overwrite
	// - missing
	// - ranges
	// - key-names
	// - flat-keys
	// - delete-many
	// - list-consistent
	// - list-order
	// - list-delimiter
	// - read-if-match
	// - write-if-absent
	// - write-if-match
	// - race
	// - delete-if-match
	// - wrong-md5
	// - wrong-crc32c
	// - wrong-crc64
	// - wrong-sha256
	// - checksum-kept
	// - wrong-secret
	// - unknown-key
	// - anonymous
	// - presigned
	// - expired
	// - changed-body
	// - parts
	// - part-order
	// - part-etag
	// - part-size
	// - part-numbers
	// - part-checksum
	// - abort
	// - complete-if-absent
	// - read-part
	// - copy
	// - copy-if-match
	// - part-copy
	// - part-copy-range
	// - part-copy-if-match
}
