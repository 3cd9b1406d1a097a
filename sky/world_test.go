package sky_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/sky"
)

// market is the small world of Inset B of the paper: three clouds, one region each.
func market() catalog.Data {
	var d catalog.Data
	d.Source = catalog.Source{Name: "Inset B, rebuilt", AsOf: time.Date(2022, 5, 15, 0, 0, 0, 0, time.UTC)}
	place := map[string]catalog.Place{}
	for _, c := range []struct{ cloud, scheme, region, country, egress string }{
		{"aws", "s3", "us-east-1", "US", "0.09"}, {"azure", "az", "eastus", "US", "0.0875"}, {"gcp", "gs", "us-central1", "US", "0.12"},
	} {
		place[c.cloud] = catalog.Place{Cloud: c.cloud, Region: c.region}
		d.Clouds = append(d.Clouds, catalog.Cloud{Name: c.cloud, Title: c.cloud, Operator: "US", Scheme: c.scheme})
		d.Regions = append(d.Regions, catalog.Region{Place: place[c.cloud], Country: c.country, Zones: []string{c.region + "a", c.region + "b"}})
		d.Links = append(d.Links, catalog.Link{
			From: catalog.Place{Cloud: c.cloud}, To: catalog.Place{Cloud: catalog.Internet},
			Egress: price(c.egress), Bandwidth: 125e6, Latency: 50 * time.Second,
		})
	}
	for _, o := range []struct {
		cloud, name, price, kind string
		count                    int
		confidential             string
	}{
		{"azure", "sgx", "1.335", "", 0, "sgx"},
		{"aws", "v100x4", "12.24", "v100", 4, ""},
		{"azure", "v100x4", "12.24", "v100", 4, ""},
		{"gcp", "v100x4", "10.87", "v100", 4, ""},
		{"gcp", "tpu", "9.81", "tpu-v3", 8, ""},
		{"aws", "t4", "0.752", "t4", 1, ""},
		{"azure", "t4", "0.756", "t4", 1, ""},
		{"gcp", "t4", "0.73", "t4", 1, ""},
		{"aws", "inf", "0.268", "inferentia", 1, ""},
		{"aws", "small", "0.05", "", 0, ""},
		{"azure", "small", "0.06", "", 0, ""},
		{"gcp", "small", "0.07", "", 0, ""},
	} {
		d.Types = append(d.Types, catalog.InstanceType{
			Cloud: o.cloud, Name: o.name, CPUs: 8, Memory: 32 * unit.GiB, Confidential: o.confidential,
			Accelerator: catalog.Accelerator{Kind: o.kind, Count: o.count},
		})
		d.Offerings = append(d.Offerings, catalog.Offering{
			Service: "vm", Place: place[o.cloud], Type: catalog.InstanceType{Name: o.name}, Market: catalog.OnDemand, Price: price(o.price), Unit: catalog.PerHour,
		})
	}
	return d
}

func price(dollars string) unit.Price {
	p, err := unit.Dollars(dollars)
	if err != nil {
		panic(err)
	}
	return p
}

func snapshotOf(t *testing.T, d catalog.Data) *sky.Snapshot {
	t.Helper()
	c, err := catalog.New(d)
	require.NoError(t, err)
	b, err := sky.New(sky.Config{Catalog: c})
	require.NoError(t, err)
	s, err := b.Snapshot(t.Context())
	require.NoError(t, err)
	return s
}

func snapshot(t *testing.T) *sky.Snapshot {
	t.Helper()
	return snapshotOf(t, market())
}

// reviews is the job of Inset B.
func reviews() *sky.Job {
	job := sky.NewJob("reviews")
	raw := job.Dataset("raw", "az://reviews/raw/", 8*sky.GB).At("azure/eastus")
	proc := job.Stage("proc").Image("opaque:0.9").Command("filter", "--in", "{in.raw}", "--out", "{out.clean}").
		Needs(sky.Confidential("sgx"), sky.CPUs(4)).Reads(raw).Writes("clean", 1*sky.GB).Takes(36 * time.Minute)
	train := job.Stage("train").Either(
		sky.On("tpu-v3:8").Image("bert-tpu:1").Command("train").Takes(4*time.Hour),
		sky.On("v100:4").Image("bert-cuda:1").Command("train").Takes(8*time.Hour+24*time.Minute)).
		Reads(proc.Output("clean")).Writes("model", 110*sky.MB)
	job.Stage("infer").Either(
		sky.On("inferentia:1").Image("bert-neuron:1").Takes(111*time.Hour/100),
		sky.On("t4:1").Image("bert-cuda:1").Takes(179*time.Hour/100)).
		Reads(train.Output("model"))
	return job
}
