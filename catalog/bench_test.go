package catalog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

func BenchmarkEmbedded(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Embedded(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOfferings(b *testing.B) {
	c := embedded(b)
	for name, q := range map[string]Query{
		"rare accelerator": {Service: "vm", Accelerator: Accelerator{Kind: "tpu-v3", Count: 8}, Markets: []Market{OnDemand}},
		"confidential":     {Service: "vm", Confidential: "sgx", MinCPUs: 4},
		"general":          {Service: "vm", MinCPUs: 16, MinMemory: 64 * unit.GiB},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(c.Offerings(q)) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		d := small()
		d.Offerings = nil
		for i := range n {
			o := small().Offerings[0]
			o.ID, o.Price = fmt.Sprintf("offering-%d", i), unit.Price(1+i)
			d.Offerings = append(d.Offerings, o)
		}
		c, err := New(d)
		require.NoError(b, err)
		fsys := dir(c)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(fsys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLink(b *testing.B) {
	c := embedded(b)
	from, to := place("aws/eu-west-1"), place("gcp/europe-west4")
	for b.Loop() {
		if _, ok := c.Link(from, to); !ok {
			b.Fatal("unknown")
		}
	}
}
