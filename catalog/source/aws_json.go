package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
)

// AWSJSON reads an offer file of the AWS bulk price list as JSON and says what [AWSCSV] says of the CSV. The file
// has all products before all terms, so the products that are wanted are held in memory: some hundred bytes each.
// Rows are numbered by product and term together, in the order of the file.
func AWSJSON(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
	return stream(ctx, file, func(s *sink) {
		l := &awsList{s: s, d: newDocument(r), products: map[string]*awsProduct{}, names: names{}}
		err := l.d.object(l.field)
		switch {
		case errors.Is(err, errStopped):
		case err != nil:
			s.fail(fmt.Errorf("entry %d: %w", l.row, err))
		case l.rows == nil:
			s.fail(errors.New("no terms: this is not an AWS price list"))
		default:
			l.rows.end()
		}
	})
}

// errStopped ends the reading of a document when the receiver wants no more.
var errStopped = errors.New("stopped")

// awsList is an offer file being read.
type awsList struct {
	s         *sink
	d         *document
	published string
	products  map[string]*awsProduct // those wanted, by SKU
	names     names
	rows      *awsRows
	row       int
}

func (l *awsList) field(name string) error {
	switch name {
	case "formatVersion":
		var version string
		if err := l.d.value(&version); err != nil || version != "v1.0" {
			return fmt.Errorf("format version %q: want v1.0", clip(version))
		}
		return nil
	case "publicationDate":
		return l.d.value(&l.published)
	case "products":
		return l.d.object(l.product)
	case "terms":
		var err error
		if l.rows, err = newAWSRows(l.s, l.published); err != nil {
			return err
		}
		return l.d.object(func(kind string) error {
			if kind != "OnDemand" && kind != "Reserved" {
				return l.d.skip()
			}
			return l.d.object(func(sku string) error { return l.terms(kind, sku) })
		})
	}
	return l.d.skip()
}

type awsJSONProduct struct {
	Family     string `json:"productFamily"`
	Attributes struct {
		LocationType string `json:"locationType"`
		Location     string `json:"location"`
		Region       string `json:"regionCode"`
		Instance     string `json:"instanceType"`
		CPUs         string `json:"vcpu"`
		Memory       string `json:"memory"`
		Processor    string `json:"physicalProcessor"`
		GPUs         string `json:"gpu"`
		Tenancy      string `json:"tenancy"`
		System       string `json:"operatingSystem"`
		Installed    string `json:"preInstalledSw"`
		Capacity     string `json:"capacitystatus"`
		Market       string `json:"marketoption"`
		Job          string `json:"operation"`
	} `json:"attributes"`
}

func (l *awsList) product(sku string) error {
	var x awsJSONProduct
	if err := l.next(sku, &x); err != nil || l.s.over {
		return err
	}
	a, keep := &x.Attributes, l.names.keep
	p := awsProduct{
		family: keep(x.Family), locationType: a.LocationType, location: keep(a.Location), region: keep(a.Region),
		instance: keep(a.Instance), cpus: keep(a.CPUs), memory: keep(a.Memory), processor: keep(a.Processor),
		gpus: keep(a.GPUs), tenancy: keep(a.Tenancy), system: keep(a.System), installed: keep(a.Installed),
		capacity: keep(a.Capacity), market: keep(a.Market), job: a.Job,
	}
	if !p.wanted() {
		return nil
	}
	p.locationType, p.job = "", ""
	l.products[sku] = &p
	return nil
}

// next decodes the value of an entry; one that is not of the documented form is refused and reading goes on.
func (l *awsList) next(sku string, into any) error {
	l.row++
	if !l.s.open() {
		return errStopped
	}
	err := l.d.value(into)
	if wrong := wrongForm(err); wrong != "" {
		l.s.refuse(l.row, sku, "the entry "+wrong, "fetch the list again")
		return nil
	}
	return err
}

type awsJSONTerm struct {
	Code       string `json:"offerTermCode"`
	Dimensions map[string]struct {
		Unit  string            `json:"unit"`
		Price map[string]string `json:"pricePerUnit"`
	} `json:"priceDimensions"`
	Attributes struct {
		Lease    string `json:"LeaseContractLength"`
		Purchase string `json:"PurchaseOption"`
		Class    string `json:"OfferingClass"`
	} `json:"termAttributes"`
}

func (l *awsList) terms(kind, sku string) error {
	p, ok := l.products[sku]
	if !ok {
		l.row++
		return l.d.skip()
	}
	var terms map[string]awsJSONTerm
	if err := l.next(sku, &terms); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(terms)) {
		x := terms[name]
		for _, rate := range slices.Sorted(maps.Keys(x.Dimensions)) {
			dim := x.Dimensions[rate]
			t := awsTerm{
				kind: kind, unit: dim.Unit, lease: x.Attributes.Lease, purchase: x.Attributes.Purchase, class: x.Attributes.Class,
			}
			if price, ok := dim.Price["USD"]; ok {
				t.price, t.currency = price, "USD"
			}
			if t.taken() {
				l.rows.add(l.row, sku, x.Code, p, &t)
			}
		}
	}
	return nil
}
