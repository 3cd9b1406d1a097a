package source_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/source"
)

// sound checks what holds of any stream, whatever it is made of: each row has a place, a price above 0 and a source; a
// defect has a reason; an error comes last; and the catalog that is made of it, or none, passes its own check.
func sound(t *testing.T, s source.Source) {
	t.Helper()
	over := false
	for row, err := range s.Rows(t.Context()) {
		require.False(t, over, "rows after the end")
		if d, ok := errors.AsType[*source.Defect](err); ok {
			require.NotEmpty(t, d.Reason)
			continue
		}
		over = err != nil
		if o := row.Offering; o != nil {
			require.NotEmpty(t, row.Where.File)
			if o.Free {
				require.Zero(t, o.Price)
			}
		}
	}
	old := base(t)
	c, report, err := source.Load(t.Context(), old, s)
	require.NotNil(t, report)
	require.NotEmpty(t, report.String())
	if err != nil {
		require.Same(t, old, c)
		return
	}
	require.NotNil(t, c)
}

func fuzz(f *testing.F, format source.Format, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		text := sample(f, seed)
		f.Add(text)
		f.Add(text[:len(text)/2])
		f.Add(strings.ReplaceAll(text, "0", "9"))
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, source.File(fstest.MapFS{"list": {Data: []byte(text)}}, "list", format))
	})
}

func FuzzAWSCSV(f *testing.F)  { fuzz(f, source.AWSCSV, "aws_ec2.csv", "aws_ec2_bad.csv") }
func FuzzAWSJSON(f *testing.F) { fuzz(f, source.AWSJSON, "aws_ec2.json", "aws_ec2_bad.json") }
func FuzzAzure(f *testing.F) {
	fuzz(f, source.AzureJSON, "azure_page1.json", "azure_page2.json", "azure_bad.json")
}

func FuzzGCP(f *testing.F) {
	fuzz(f, source.GCPSkus{Types: base(f).Types()}.Read, "gcp_page1.json", "gcp_page2.json", "gcp_bad.json")
}

func FuzzSkyPilotAWS(f *testing.F) {
	fuzz(f, source.SkyPilot{Cloud: "aws", AsOf: day, Types: base(f).Types()}.Read, "skypilot_aws.csv", "skypilot_azure.csv")
}

func FuzzSkyPilotGCP(f *testing.F) {
	fuzz(f, source.SkyPilot{Cloud: "gcp", AsOf: day, Types: base(f).Types()}.Read, "skypilot_gcp.csv", "skypilot_lambda.csv")
}

func FuzzDirectory(f *testing.F) {
	for _, dir := range []string{"cellar", "cellar_bad"} {
		for _, name := range []string{"clouds.csv", "machines.yaml"} {
			text, err := fs.ReadFile(os.DirFS("testdata/"+dir), name)
			require.NoError(f, err)
			f.Add(string(text), name == "clouds.csv")
		}
	}
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		name := "machines.yaml"
		if csv {
			name = "offerings.csv"
		}
		sound(t, source.Directory{FS: fstest.MapFS{name: {Data: []byte(text)}}, Source: before})
	})
}
