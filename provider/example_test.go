package provider_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fake"
	"github.com/openintercloud/broker/provider/fault"
)

// A refusal says what it was and how far it reaches, so that the caller knows where to try next.
func Example() {
	offering := catalog.Offering{ID: "fake/north/vm/v100", Service: "vm", Capacity: 2}
	var cloud provider.Provider = fake.New(fake.Config{})
	_, err := cloud.Allocate(context.Background(), provider.Request{
		Key:   provider.AllocationKey("run-1", "train", 1, catalog.Place{Cloud: "fake", Region: "north"}, offering.ID, catalog.OnDemand, ""),
		Place: catalog.Place{Cloud: "fake", Region: "north"}, Offering: offering, Nodes: 4,
	})
	if f, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, fault.Capacity) {
		fmt.Println("elsewhere, please: avoid the", f.Scope)
	}
	fmt.Println(err)
	// Output:
	// elsewhere, please: avoid the offering
	// allocate at fake/north: capacity: 0 of 2 fake/north/vm/v100 are taken
}

// As finds what a provider can do beyond the contract.
func ExampleAs() {
	var cloud provider.Provider = fake.New(fake.Config{Name: "gcp", Scheme: "gs"})
	if storage, ok := provider.As[provider.Storage](cloud); ok {
		url, err := storage.Scratch(context.Background(), catalog.Place{Cloud: "gcp", Region: "us-central1"})
		fmt.Println(url, err)
	}
	// Output: gs://sky-us-central1/ <nil>
}
