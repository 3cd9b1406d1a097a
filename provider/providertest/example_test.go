package providertest_test

import (
	"fmt"

	"github.com/openintercloud/broker/provider/providertest"
)

// What a task of the suite is to a provider that runs POSIX scripts.
func ExampleScript() {
	fmt.Println(providertest.Script(providertest.Behaviour{Print: "it's up", Exit: 3}).Script)
	// Output:
	// printf %s 'it'\''s up'
	// exit 3
}
