package catalog

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asStandard reads with encoding/csv alone: the records, their lines, and the first error.
func asStandard(text string) (records [][]string, at []int, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.FieldsPerRecord = '#', -1
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return records, at, nil
		}
		if err != nil {
			return records, at, err
		}
		line, _ := r.FieldPos(0)
		records, at = append(records, cells), append(at, line)
	}
}

func asLines(text string) (records [][]string, at []int, err error) {
	l := lines{rest: text, line: 1}
	for {
		cells, line, err := l.next()
		if errors.Is(err, io.EOF) {
			return records, at, nil
		}
		if err != nil {
			return records, at, err
		}
		records, at = append(records, slices.Clone(cells)), append(at, line)
	}
}

func sameAsStandard(t *testing.T, text string) {
	t.Helper()
	records, at, err := asStandard(text)
	gotRecords, gotAt, gotErr := asLines(text)
	require.Equal(t, records, gotRecords)
	require.Equal(t, at, gotAt)
	var want, got *csv.ParseError
	require.Equal(t, errors.As(err, &want), errors.As(gotErr, &got))
	if want != nil {
		require.Equal(t, want.Line, got.Line)
		require.Equal(t, want.Err, got.Err)
	}
}

func awkward() []string {
	return []string{
		"", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a\r", "\r\n\r\nx\n\n\ny", "# no\n#no\na,#b\n", "\"a\",\"b\"\"c\"\n1,2\nd,\"e\nf\",g\nh\n",
		"a\nb\"c\n", "a\n\n\"b\nc", "x\n#\"\ny\n", " a , b \n", "\"\"\n,\n,,\n", "a\rb,c\n", "\"a\r\nb\",c\r\nd", "\"#a\"\n", "\ufeffa\n",
	}
}

func TestLinesReadAsEncodingCSVDoes(t *testing.T) {
	t.Parallel()
	for _, text := range awkward() {
		sameAsStandard(t, text)
	}
}

func FuzzLines(f *testing.F) {
	for _, text := range awkward() {
		f.Add(text)
	}
	f.Fuzz(sameAsStandard)
}

func FuzzTiers(f *testing.F) {
	for _, text := range []string{"", "10TB=0.085 50TB=0.07", "1024=1", "=", "1GB=", "-1GB=1", "1GB=-1", "999999PB=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tiers, err := parseTiers(text)
		if err != nil {
			return
		}
		back, err := parseTiers(tiersText(tiers))
		require.NoError(t, err)
		require.Equal(t, tiers, back)
	})
}
