package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// Azure is the Retail Prices API: pages of prices, each naming the next. No credentials are needed. The zero
// value reads the virtual machines of every region.
type Azure struct {
	HTTP    HTTP
	BaseURL string    // "" = https://prices.azure.com/api/retail/prices
	Regions []string  // names of the regions to read, such as "westeurope"; none = all
	AsOf    time.Time // when the prices are asked for; zero = a price is dated by its effectiveStartDate
}

// Name is the base URL.
func (a Azure) Name() string { return bare(a.base()) }

func (a Azure) base() string {
	if a.BaseURL == "" {
		return "https://prices.azure.com/api/retail/prices"
	}
	return a.BaseURL
}

// first is the URL of the first page. Filter values are case sensitive from this version of the API on.
func (a Azure) first() string {
	filter := "serviceName eq 'Virtual Machines'"
	var regions []string
	for _, r := range a.Regions {
		regions = append(regions, "armRegionName eq '"+strings.ReplaceAll(r, "'", "''")+"'")
	}
	if len(regions) > 0 {
		filter += " and (" + strings.Join(regions, " or ") + ")"
	}
	query := url.Values{
		"api-version": {"2023-01-01-preview"}, "currencyCode": {"USD"}, "meterRegion": {"'primary'"}, "$filter": {filter},
	}
	return a.base() + "?" + query.Encode()
}

// Rows reads page after page.
func (a Azure) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return a.HTTP.session(ctx, a.base(), func(f *fetcher, s *sink) {
		f.follow(s, a.first(), func(ctx context.Context, file string, r io.Reader, next *string) iter.Seq2[Row, error] {
			return a.page(ctx, file, r, next)
		})
	})
}

// pageFormat reads one page and notes the URL of the next.
type pageFormat func(ctx context.Context, file string, r io.Reader, next *string) iter.Seq2[Row, error]

// follow reads pages until one names no next. A page that was read before is an error, as is a list without end.
func (f *fetcher) follow(s *sink, page string, format pageFormat) {
	seen := map[string]bool{}
	for page != "" {
		if seen[page] || len(seen) >= f.pages {
			s.fail(fmt.Errorf("the list has no end: page %d repeats one, or is beyond the %d allowed", len(seen)+1, f.pages))
			return
		}
		seen[page] = true
		next := ""
		if !f.read(s, page, func(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
			return format(ctx, file, r, &next)
		}) {
			return
		}
		page = next
	}
}

// AzureJSON reads pages of the Azure Retail Prices API as they were recorded, one or more in one file. It says the
// on-demand, spot and reserved prices of Linux machines; all else is passed over, Low Priority too: only
// Azure Batch sells it. A reservation's price is for its whole term, and said per hour of it.
func AzureJSON(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
	var next string
	return Azure{}.page(ctx, file, r, &next)
}

func (a Azure) page(ctx context.Context, file string, r io.Reader, next *string) iter.Seq2[Row, error] {
	return stream(ctx, file, func(s *sink) {
		d, p, row := newDocument(r), azurePage{s: s, asOf: a.AsOf, names: names{}}, 0
		for first := true; (first || d.more()) && !s.over; first = false {
			found := false
			err := d.object(func(name string) error {
				switch name {
				case "NextPageLink":
					var link *string
					if err := d.value(&link); err != nil {
						return fmt.Errorf("NextPageLink: %w", err)
					}
					if link != nil {
						*next = *link
					}
					return nil
				case "Items":
					found = true
					return d.array(func() error { row++; return p.item(d, row) })
				}
				return d.skip()
			})
			switch {
			case errors.Is(err, errStopped):
			case err != nil:
				s.fail(fmt.Errorf("item %d: %w", row, err))
			case !found:
				s.fail(errors.New("no Items: this is not a page of the Retail Prices API"))
			}
		}
	})
}

type azureItem struct {
	Currency  string `json:"currencyCode"`
	Tier      number `json:"tierMinimumUnits"`
	Term      string `json:"reservationTerm"`
	Price     number `json:"retailPrice"`
	Region    string `json:"armRegionName"`
	From      string `json:"effectiveStartDate"`
	SKU       string `json:"skuId"`
	Meter     string `json:"meterName"`
	Product   string `json:"productName"`
	Name      string `json:"skuName"`
	Service   string `json:"serviceName"`
	Unit      string `json:"unitOfMeasure"`
	Kind      string `json:"type"`
	Primary   *bool  `json:"isPrimaryMeterRegion"`
	Machine   string `json:"armSkuName"`
	meterWord string
}

type azurePage struct {
	s     *sink
	asOf  time.Time
	names names
}

func (p *azurePage) item(d *document, row int) error {
	if !p.s.open() {
		return errStopped
	}
	var x azureItem
	err := d.value(&x)
	if wrong := wrongForm(err); wrong != "" {
		p.s.refuse(row, x.SKU, "the item "+wrong, "fetch the page again")
		return nil
	}
	if err != nil {
		return err
	}
	if x.wanted() {
		p.price(row, &x)
	}
	return nil
}

// wanted reports whether it is the price of a Linux machine that the catalog has a place for.
func (x *azureItem) wanted() bool {
	x.meterWord = x.Name + " " + x.Meter
	return x.Service == "Virtual Machines" && oneOf(x.Kind, "Consumption", "Reservation") && x.Machine != "" && x.Region != "" &&
		(x.Primary == nil || *x.Primary) && !containsAny(x.meterWord, "Low Priority", "Expired") &&
		!containsAny(x.Product, "Windows", "Cloud Services", "CloudServices", "Dedicated Host")
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func (p *azurePage) price(row int, x *azureItem) {
	o, err := p.offering(x)
	if err != nil {
		key := x.SKU
		if key == "" {
			key = x.Machine + " in " + x.Region
		}
		p.s.refuse(row, key, err.Error(), priceRemedy)
		return
	}
	p.s.say(row, Row{Offering: &o})
}

func (p *azurePage) offering(x *azureItem) (catalog.Offering, error) {
	o := catalog.Offering{
		Service: "vm", Place: catalog.Place{Cloud: "azure", Region: p.names.keep(x.Region)},
		Type:   catalog.InstanceType{Cloud: "azure", Name: p.names.keep(x.Machine)},
		Market: catalog.OnDemand, Unit: catalog.PerHour,
	}
	if x.Currency != "USD" {
		return o, errCurrency
	}
	if x.Tier != "" && strings.Trim(string(x.Tier), "0.") != "" {
		return o, fmt.Errorf("the price holds only from %s units on", clip(string(x.Tier)))
	}
	from, err := time.Parse(time.RFC3339, x.From)
	if err != nil {
		return o, fmt.Errorf("effectiveStartDate %q: want one such as 2020-08-01T00:00:00Z", clip(x.From))
	}
	if !p.asOf.IsZero() && from.After(p.asOf) {
		return o, fmt.Errorf("the price holds only from %s on", from.Format(time.DateOnly))
	}
	o.Source = catalog.Source{Name: p.s.file, AsOf: from.UTC()}
	if !p.asOf.IsZero() {
		o.Source.AsOf = p.asOf.UTC()
	}
	if strings.Contains(x.meterWord, "Spot") {
		o.Market = catalog.Spot
	}
	return x.priced(o)
}

// priced reads the price: of a number of hours, or of a whole reservation, whose unit says "1 Hour" all the same.
func (x *azureItem) priced(o catalog.Offering) (catalog.Offering, error) {
	number, word, _ := strings.Cut(x.Unit, " ")
	hours, err := count(number)
	if x.Kind == "Reservation" {
		o.Market = catalog.Reserved
		switch x.Term {
		case "1 Year":
			o.Commitment.Term = year
		case "3 Years":
			o.Commitment.Term = 3 * year
		default:
			return o, fmt.Errorf("reservation term %q: want 1 Year or 3 Years", clip(x.Term))
		}
		hours = int(o.Commitment.Term / time.Hour)
		o.ID = o.Key() + "/" + x.Term[:1] + "yr"
	} else if err != nil || hours == 0 || !oneOf(word, "Hour", "Hours") {
		return o, fmt.Errorf("unit of measure %q: want a number of hours", clip(x.Unit))
	}
	total, err := parsePrice(string(x.Price))
	if err != nil {
		return o, err
	}
	if o.Price, err = share(total, 1, int64(hours)); err != nil {
		return o, err
	}
	return o, believable(o.Price)
}
