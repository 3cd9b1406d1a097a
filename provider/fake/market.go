package fake

import (
	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider"
)

// Market is several clouds.
type Market []*Cloud

// NewMarket returns a cloud for each cloud of a catalog, with its name and its URL scheme, in the catalog's order. All
// else is as cfg says; its rules find their cloud by place.
func NewMarket(c *catalog.Catalog, cfg Config) Market {
	var m Market
	for _, cloud := range c.Clouds() {
		cfg.Name, cfg.Scheme = cloud.Name, cloud.Scheme
		m = append(m, New(cfg))
	}
	return m
}

// Providers is the clouds as a broker takes them.
func (m Market) Providers() []provider.Provider {
	all := make([]provider.Provider, len(m))
	for i, c := range m {
		all[i] = c
	}
	return all
}

// Cloud is the cloud of a name, or nil.
func (m Market) Cloud(name string) *Cloud {
	for _, c := range m {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Live is what is held on all of them. After a run it is what has leaked.
func (m Market) Live() []provider.Allocation {
	var held []provider.Allocation
	for _, c := range m {
		held = append(held, c.Live()...)
	}
	return held
}

// Spent is what all of them have billed.
func (m Market) Spent() unit.Money {
	var sum unit.Money
	for _, c := range m {
		sum += c.Spent()
	}
	return sum
}

// Close ends every task on all of them.
func (m Market) Close() {
	for _, c := range m {
		c.Close()
	}
}
