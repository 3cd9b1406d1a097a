package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// AWSCSV reads an offer file of the AWS bulk price list as CSV: five lines about the list, a line of column names,
// then a line per price. It says the on-demand prices and the standard reservations of Linux machines with shared
// tenancy, and the machines themselves; all else is passed over. Memory does not grow with the list.
func AWSCSV(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
	return stream(ctx, file, func(s *sink) {
		t := newTable(r)
		published, err := awsPreamble(t)
		if err != nil {
			s.fail(err)
			return
		}
		rows, err := newAWSRows(s, published)
		if err != nil {
			s.fail(err)
			return
		}
		line := newAWSLine(t)
		t.rows(s, func() {
			if line.read(); line.product.wanted() && line.term.taken() {
				rows.add(t.line, t.at(line.sku), t.at(line.code), &line.product, &line.term)
			}
		})
		rows.end()
	})
}

// taken reports whether the catalog has a place for the term.
func (t *awsTerm) taken() bool {
	return t.kind == "OnDemand" || t.kind == "Reserved" && t.class != "convertible"
}

// awsPreamble reads up to the line of column names and gives the publication date.
func awsPreamble(t *table) (published string, err error) {
	for range 12 {
		if err := t.read(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return "", err
		}
		switch t.cells[0] {
		case "FormatVersion":
			if len(t.cells) > 1 && t.cells[1] != "v1.0" {
				return "", fmt.Errorf("format version %q: want v1.0", clip(t.cells[1]))
			}
		case "Publication Date":
			if len(t.cells) > 1 {
				published = t.cells[1]
			}
		case "SKU":
			return published, t.head("TermType", "OfferTermCode", "Unit", "PricePerUnit", "Currency", "Product Family",
				"Location", "Instance Type", "vCPU", "Memory", "Tenancy", "Operating System")
		}
	}
	return "", errors.New("no line of column names that starts with SKU: this is not an AWS price list")
}

// awsLine is the current line, and where its columns are.
type awsLine struct {
	t         *table
	sku, code int
	columns   []int
	cells     []*string
	product   awsProduct
	term      awsTerm
}

func newAWSLine(t *table) *awsLine {
	l := &awsLine{t: t, sku: t.column("SKU"), code: t.column("OfferTermCode")}
	p, m := &l.product, &l.term
	for _, x := range []struct {
		name string
		cell *string
	}{
		{"Product Family", &p.family},
		{"Location Type", &p.locationType},
		{"Location", &p.location},
		{"Region Code", &p.region},
		{"Instance Type", &p.instance},
		{"vCPU", &p.cpus},
		{"Memory", &p.memory},
		{"Physical Processor", &p.processor},
		{"GPU", &p.gpus},
		{"Tenancy", &p.tenancy},
		{"Operating System", &p.system},
		{"Pre Installed S/W", &p.installed},
		{"CapacityStatus", &p.capacity},
		{"MarketOption", &p.market},
		{"operation", &p.job},
		{"TermType", &m.kind},
		{"Unit", &m.unit},
		{"PricePerUnit", &m.price},
		{"Currency", &m.currency},
		{"LeaseContractLength", &m.lease},
		{"PurchaseOption", &m.purchase},
		{"OfferingClass", &m.class},
	} {
		l.columns, l.cells = append(l.columns, t.column(x.name)), append(l.cells, x.cell)
	}
	return l
}

func (l *awsLine) read() {
	for i, cell := range l.cells {
		*cell = l.t.at(l.columns[i])
	}
}
