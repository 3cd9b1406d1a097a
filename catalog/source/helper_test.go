package source_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/source"
	"github.com/openintercloud/broker/catalog/unit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	day    = time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)
	before = catalog.Source{Name: "the snapshot", AsOf: day}
)

func usd(t require.TestingT, text string) unit.Price {
	p, err := unit.Dollars(text)
	require.NoError(t, err)
	return p
}

// base is the catalog that sources are laid over.
func base(t require.TestingT) *catalog.Catalog {
	watts := 120.0
	region := func(cloud, name, country string, zones ...string) catalog.Region {
		return catalog.Region{Place: catalog.Place{Cloud: cloud, Region: name}, Country: country, Zones: zones}
	}
	machine := func(cloud, name string, cpus, gib int, accelerator string) catalog.InstanceType {
		x := catalog.InstanceType{Cloud: cloud, Name: name, CPUs: cpus, Memory: unit.Bytes(gib) * unit.GiB, Arch: "amd64"}
		if accelerator != "" {
			var err error
			x.Accelerator, err = catalog.ParseAccelerator(accelerator)
			require.NoError(t, err)
		}
		return x
	}
	m5 := machine("aws", "m5.large", 2, 8, "")
	m5.Watts = &watts
	c, err := catalog.New(catalog.Data{
		Source: before,
		Clouds: []catalog.Cloud{{Name: "aws", Operator: "US"}, {Name: "azure"}, {Name: "gcp"}, {Name: "lambda"}},
		Regions: []catalog.Region{
			region("aws", "us-east-1", "US", "us-east-1a", "us-east-1b"), region("aws", "us-east-2", "US"),
			region("aws", "eu-west-1", "IE"),
			region("azure", "westeurope", "NL"), region("azure", "northeurope", "IE"), region("azure", "eastus", "US"),
			region("azure", "westus", "US"),
			region("gcp", "us-central1", "US"), region("gcp", "us-east1", "US"), region("gcp", "us-west1", "US"),
			region("gcp", "us-east5", "US"), region("gcp", "asia-east1", "TW"), region("gcp", "europe-west1", "BE"),
			region("lambda", "us-east-1", "US"), region("lambda", "us-west-1", "US"), region("lambda", "europe-central-1", "DE"),
		},
		Types: []catalog.InstanceType{
			m5, machine("azure", "Standard_D2s_v5", 2, 8, ""), machine("azure", "Standard_NC24ads_A100_v4", 24, 220, "a100-80gb:1"),
			machine("azure", "Standard_ND96isr_H100_v5", 96, 1900, "h100:8"),
			machine("gcp", "e2-standard-2", 2, 8, ""), machine("gcp", "e2-medium", 2, 4, ""), machine("gcp", "n1-standard-4", 4, 15, ""),
			machine("gcp", "n1-standard-4+t4x1", 4, 15, "t4:1"), machine("gcp", "c2-standard-4", 4, 16, ""),
			machine("gcp", "a2-highgpu-1g", 12, 85, "a100:1"), machine("gcp", "a2-ultragpu-1g", 12, 170, "a100-80gb:1"),
			machine("gcp", "v6e-8", 180, 1440, "tpu-v6e:8"),
		},
		Offerings: []catalog.Offering{
			{
				Service: "vm", Place: catalog.Place{Cloud: "aws", Region: "us-east-1"}, Type: catalog.InstanceType{Name: "m5.large"},
				Price: usd(t, "0.1"), Capacity: 7,
			},
			{
				Service: "vm", Place: catalog.Place{Cloud: "azure", Region: "westeurope"}, Type: catalog.InstanceType{Name: "Standard_D2s_v5"},
				Price: usd(t, "0.115"),
			},
		},
	})
	require.NoError(t, err)
	return c
}

// drain reads a stream to its end: the offerings by key, the defects, and what ended it.
type drained struct {
	rows    []source.Row
	defects []*source.Defect
	err     error
}

func drain(rows iter.Seq2[source.Row, error]) drained {
	var d drained
	for row, err := range rows {
		if defect, ok := errors.AsType[*source.Defect](err); ok {
			d.defects = append(d.defects, defect)
		} else if err != nil {
			d.err = err
		} else {
			d.rows = append(d.rows, row)
		}
	}
	return d
}

// prices prints each offering in one line, sorted.
func (d drained) prices() []string {
	var out []string
	for _, r := range d.rows {
		if r.Offering == nil {
			continue
		}
		line := fmt.Sprintf("%s %s", r.Offering.Key(), r.Offering.Price)
		if u := r.Offering.Commitment.Upfront; u > 0 {
			line += " after " + u.String()
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// complaints prints each defect as row, key and reason, in order.
func (d drained) complaints() []string {
	var out []string
	for _, x := range d.defects {
		line := fmt.Sprintf("%d %s: %s", x.Where.Row, x.Key, x.Reason)
		if x.Kept {
			line += " (kept)"
		}
		out = append(out, line)
	}
	return out
}

func read(t *testing.T, path string, format source.Format) drained {
	t.Helper()
	d := drain(source.File(os.DirFS("testdata"), path, format).Rows(t.Context()))
	require.NoError(t, d.err)
	for _, x := range d.defects {
		require.Equal(t, path, x.Where.File)
		require.NotEmpty(t, x.Remedy, "%v", x)
	}
	for _, r := range d.rows {
		require.Equal(t, path, r.Where.File)
		require.Positive(t, r.Where.Row)
		if r.Offering != nil {
			require.Equal(t, path, r.Offering.Source.Name)
			require.False(t, r.Offering.Source.AsOf.IsZero())
		}
	}
	return d
}

// text is a format over a string.
func text(format source.Format, s string) drained {
	return drain(format(context.Background(), "list", strings.NewReader(s)))
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(b)
}

// said is a source of given rows.
type said struct {
	name string
	rows []source.Row
	errs []error
}

func (s said) Name() string { return s.name }

func (s said) Rows(context.Context) iter.Seq2[source.Row, error] {
	return func(yield func(source.Row, error) bool) {
		for _, r := range s.rows {
			if !yield(r, nil) {
				return
			}
		}
		for _, err := range s.errs {
			if !yield(source.Row{}, err) {
				return
			}
		}
	}
}

func lines[T fmt.Stringer](all []T) []string {
	var out []string
	for _, x := range all {
		out = append(out, x.String())
	}
	return out
}

// ctxOf is the context of a test, or of a check within one.
func ctxOf(t any) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}

const awsHead = `"FormatVersion","v1.0"
"Disclaimer","none"
"Publication Date","2026-01-16T16:02:58Z"
"Version","20260116160258"
"OfferCode","AmazonEC2"
"SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange","Unit","PricePerUnit","Currency","RelatedTo","LeaseContractLength","PurchaseOption","OfferingClass","Product Family","serviceCode","Location","Location Type","Instance Type","Current Generation","vCPU","Physical Processor","Memory","Tenancy","Operating System","operation","CapacityStatus","GPU","MarketOption","Pre Installed S/W","Region Code"
`

// awsLine is line i of a list that has no end.
func awsLine(i int) string {
	return fmt.Sprintf(`"SKU%013d","JRTCKXETXF","SKU%013d.JRTCKXETXF.6YS6EN2CT7","OnDemand","$0.%04d per On Demand Linux m5.x%d Instance Hour","2026-01-01","0","Inf","Hrs","0.%04d000000","USD","","","","","Compute Instance","AmazonEC2","US East (N. Virginia)","AWS Region","m5.x%d","Yes","2","Intel Xeon Platinum 8175","8 GiB","Shared","Linux","RunInstances","Used","","OnDemand","NA","us-east-1"
`, i, i, 1+i%9999, i%700, 1+i%9999, i%700)
}

func awsList(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(awsHead)
	for i := range n {
		b.WriteString(awsLine(i))
	}
	return b.String()
}
