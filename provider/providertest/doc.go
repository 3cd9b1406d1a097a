// Package providertest is the conformance suite of [provider.Provider]: one test for every sentence of the interface.
//
// A provider passes when [Run] does. The provider's own test says in a [Harness] how to reach an empty account, which
// request can be met, and, where it runs no real processes, what its tasks look like:
//
//	func TestConformance(t *testing.T) {
//		providertest.Run(t, func(t *testing.T) providertest.Harness {
//			dir := t.TempDir()
//			return providertest.Harness{
//				New:     func(t *testing.T) provider.Provider { return mycloud.New(dir) },
//				Request: provider.Request{Place: place, Offering: offering},
//			}
//		})
//	}
//
// The suite waits by asking again, never for a fixed time, and gives back all it has allocated.
package providertest
