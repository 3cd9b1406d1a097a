package source

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
)

// The kinds that importers know by family are those of the snapshot.
func TestKindsAgreeWithTheSnapshot(t *testing.T) {
	t.Parallel()
	c, err := catalog.Embedded()
	require.NoError(t, err)
	seen := 0
	for _, x := range c.Types() {
		family, _, _ := strings.Cut(x.Name, ".")
		if kind := awsGPU(family); x.Cloud == "aws" && kind != "" {
			seen++
			require.Equal(t, kind, x.Accelerator.Kind, x.Name)
			got, err := awsAccelerator(x.Name, fmt.Sprint(x.Accelerator.Count))
			require.NoError(t, err)
			require.Equal(t, x.Accelerator, got)
		}
	}
	require.Greater(t, seen, 20)
	_, err = awsAccelerator("g6f.large", "0.125")
	require.ErrorContains(t, err, "want a whole number")
}

func TestDescriptionsOfSKUs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"N1 Predefined Instance Core running in Americas":                                     "n1 core on-demand",
		"N2D AMD Instance Ram running in Netherlands":                                         "n2d ram on-demand",
		"T2A Arm Instance Core running in Iowa":                                               "t2a core on-demand",
		"Compute optimized Instance Core running in Paris":                                    "c2 core on-demand",
		"Memory-optimized Instance Ram running in Paris":                                      "m1 ram on-demand",
		"Nvidia L4 GPU running in Virginia":                                                   "l4 gpu on-demand",
		"Nvidia Tesla A100 80GB GPU running in Iowa":                                          "a100-80gb gpu on-demand",
		"Nvidia Tesla V100 GPU running in Iowa":                                               "v100 gpu on-demand",
		"Nvidia Tesla P100 GPU running in Iowa":                                               "p100 gpu on-demand",
		"Nvidia Tesla P4 GPU running in Iowa":                                                 "p4 gpu on-demand",
		"Nvidia Tesla K80 GPU running in Iowa":                                                "k80 gpu on-demand",
		"Spot Preemptible E2 Instance Core running in Virginia":                               "e2 core spot",
		"Preemptible E2 Instance Core running in Virginia":                                    "e2 core spot",
		"Nvidia Tesla K80 GPU attached to Spot Preemptible VMs running in Warsaw":             "k80 gpu spot",
		"N2 Custom Instance Core running in Americas":                                         "",
		"N2D AMD Custom Extended Instance Ram running in Americas":                            "",
		"Sole Tenancy Premium for N1 Predefined Instance Core running in Americas":            "",
		"N2 Sole Tenancy Instance Core running in Americas":                                   "",
		"Memory Optimized Upgrade Premium for Memory-optimized Instance Core running in Iowa": "",
		"Nvidia H100 80GB Plus GPU running in Iowa":                                           "",
		"E2 Instance Core":    "",
		"Storage PD Capacity": "",
		" Core running in ":   "",
	} {
		x := gcpSKU{Description: text}
		x.Category.Family, x.Category.Usage = "Compute", "OnDemand"
		if strings.Contains(text, "Preemptible") {
			x.Category.Usage = "Preemptible"
		}
		part, ok := x.part()
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, fmt.Sprint(part.name, " ", part.what, " ", part.market))
		}
	}
	require.EqualValues(t, 1, quarters(catalog.InstanceType{Name: "e2-micro", CPUs: 2}))
	require.EqualValues(t, 2, quarters(catalog.InstanceType{Name: "e2-small", CPUs: 2}))
	require.False(t, gcpSummable(catalog.InstanceType{Name: "a3-highgpu-8g"}))
	require.False(t, gcpSummable(catalog.InstanceType{Name: "c3-standard-8-lssd"}))
}

// A list in which halves of reservations never meet does not fill the memory.
func TestHalvesAreBounded(t *testing.T) {
	t.Parallel()
	var last error
	refused := 0
	for _, err := range stream(context.Background(), "list", func(s *sink) {
		rows, err := newAWSRows(s, "2026-01-16T16:02:58Z")
		require.NoError(t, err)
		p := awsProduct{region: "us-east-1", instance: "m5.large"}
		term := awsTerm{kind: "Reserved", unit: "Quantity", price: "245", currency: "USD", lease: "1yr", purchase: "Partial Upfront"}
		other := term
		other.unit = "GB"
		rows.add(1, "SKU", "T", &p, &other)
		other.unit, other.price = "Hrs", "n/a"
		rows.add(1, "SKU", "T", &p, &other)
		other.purchase = "On Credit"
		rows.add(1, "SKU", "T", &p, &other)
		for i := 0; !s.over && i < 2*maxHalves; i++ {
			rows.add(i, fmt.Sprint("SKU", i), "T", &p, &term)
		}
	}) {
		if last = err; isDefect(err) {
			refused++
		}
	}
	require.Equal(t, 3, refused)
	require.ErrorIs(t, last, ErrTooLarge)
}

// Values of any form are passed over, and a document that ends in the middle is an error.
func TestSkip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`1`, `null`, `"x"`, `[]`, `{}`, `[[1, {"a": [2]}], 3]`} {
		d := newDocument(strings.NewReader(text + ` 7`))
		require.NoError(t, d.skip(), text)
		var n int
		require.NoError(t, d.value(&n))
		require.Equal(t, 7, n)
	}
	for _, text := range []string{``, `[`, `{"a"`, `[1`} {
		require.ErrorIs(t, newDocument(strings.NewReader(text)).skip(), io.ErrUnexpectedEOF, text)
	}
	ok, err := newDocument(strings.NewReader("null")).enter('{')
	require.NoError(t, err)
	require.False(t, ok)
}
