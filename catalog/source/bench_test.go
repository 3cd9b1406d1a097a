package source_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/source"
)

// lineReader is a list of n lines that is made while it is read, so that it takes no memory of its own.
type lineReader struct {
	buf  []byte
	next func(i int) string
	i, n int
}

func (r *lineReader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.i > r.n {
			return 0, io.EOF
		}
		r.buf = append(r.buf[:0], r.next(r.i)...)
		r.i++
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// endless are lists of n rows in each format that is streamed.
func endless(n int) map[string]struct {
	format source.Format
	text   io.Reader
} {
	item, err := json.Marshal(map[string]any{
		"currencyCode": "USD", "retailPrice": 0.115, "armRegionName": "westeurope", "effectiveStartDate": "2023-01-01T00:00:00Z",
		"meterName": "D2s v5", "skuId": "DZH318Z0BQPS/0001", "productName": "Virtual Machines Dsv5 Series", "skuName": "D2s v5",
		"serviceName": "Virtual Machines", "unitOfMeasure": "1 Hour", "type": "Consumption", "armSkuName": "Standard_D2s_v5",
		"meterId": "00000000-0000-0000-0000-000000000000", "location": "EU West", "serviceFamily": "Compute", "unitPrice": 0.115,
	})
	if err != nil {
		return nil
	}
	between := func(head, sep, foot string, line func(i int) string) func(int) string {
		return func(i int) string {
			switch {
			case i == 0:
				return head
			case i == n:
				return foot
			case i == 1:
				return line(i)
			}
			return sep + line(i)
		}
	}
	type list = struct {
		format source.Format
		text   io.Reader
	}
	return map[string]list{
		"aws": {source.AWSCSV, &lineReader{n: n, next: between(awsHead, "", "", awsLine)}},
		"azure": {source.AzureJSON, &lineReader{n: n, next: between(`{"Items":[`, ",", `]}`, func(int) string {
			return string(item)
		})}},
		"gcp": {source.GCPSkus{}.Read, &lineReader{n: n, next: between(`{"skus":[`, ",", `]}`, func(i int) string {
			return fmt.Sprintf(`{"skuId":"%d","description":"N2 Instance Core running in Americas","category":{"resourceFamily":"Compute","usageType":"OnDemand"},`+
				`"serviceRegions":["us-central1"],"pricingInfo":[{"effectiveTime":"2026-01-05T01:48:54Z","pricingExpression":{"usageUnit":"h",`+
				`"tieredRates":[{"startUsageAmount":0,"unitPrice":{"currencyCode":"USD","units":"0","nanos":31611000}}]}}]}`, i%100)
		})}},
	}
}

// What is held in memory while a list is read does not grow with it: after 45,000 rows it is what it was after 5,000.
func TestMemoryDoesNotGrowWithTheList(t *testing.T) { //nolint:paralleltest // measures the heap of the process
	for name, list := range endless(50_000) {
		var early, late uint64
		n := 0
		look := func() {
			switch n++; n {
			case 5_000:
				early = liveHeap()
			case 45_000:
				late = liveHeap()
			}
		}
		format := list.format
		text := &countingReader{r: list.text, each: 4096, look: look}
		for row, err := range format(t.Context(), "list", text) {
			require.NoError(t, err)
			require.NotNil(t, row)
		}
		require.NotZero(t, late, name)
		require.Less(t, late, early+1<<20, name)
	}
}

// countingReader looks at each so many bytes: about one row.
type countingReader struct {
	r    io.Reader
	each int
	read int
	look func()
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p[:min(len(p), c.each)])
	for c.read += n; c.read >= 300; c.read -= 300 {
		c.look()
	}
	return n, err
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Rows per second of each format that is streamed. The aim is 50,000.
func BenchmarkRows(b *testing.B) {
	for _, name := range []string{"aws", "azure", "gcp"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			list := endless(b.N + 1)[name]
			for _, err := range list.format(b.Context(), "list", list.text) {
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// A list of 10,000 prices laid over a catalog, per row of the list.
func BenchmarkLoad(b *testing.B) {
	list := []byte(awsList(b, 9_999))
	old := base(b)
	files := fstest.MapFS{"list": {Data: list}}
	for b.Loop() {
		_, _, err := source.Load(b.Context(), old, source.File(files, "list", source.AWSCSV))
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*9_999/b.Elapsed().Seconds(), "rows/s")
}
