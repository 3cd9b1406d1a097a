package fault_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/openintercloud/broker/provider/fault"
)

// The class of a failure is asked for with errors.Is, its facts with errors.AsType.
func Example() {
	err := fmt.Errorf("stage train: %w", &fault.Error{
		Op: "allocate", Cloud: "gcp", Place: "gcp/us-central1/a", Kind: fault.Throttled,
		RetryAfter: 2 * time.Second, Code: "RESOURCE_EXHAUSTED",
	})
	fmt.Println(err)
	if errors.Is(err, fault.Throttled) {
		f, _ := errors.AsType[*fault.Error](err)
		fmt.Println("again in", f.RetryAfter)
	}
	// Output:
	// stage train: allocate at gcp/us-central1/a: throttled (RESOURCE_EXHAUSTED)
	// again in 2s
}
