package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/secret"
)

// GCP is the Cloud Billing Catalog: pages of SKUs, from which the prices of machines are put together. It needs an API key
// of any project, and the instance types whose prices are wanted: the catalog of SKUs does not know them.
type GCP struct {
	HTTP    HTTP
	BaseURL string                 // "" = https://cloudbilling.googleapis.com
	Key     secret.Secret          // API key, sent as a header; zero = none, which only a proxy of one's own accepts
	Types   []catalog.InstanceType // [catalog.Catalog.Types] of the catalog to price; those of other clouds are ignored
	AsOf    time.Time              // when the prices are asked for; zero = a price is dated by its effectiveTime
}

// computeEngine is the id of the service whose SKUs machines are made of.
const computeEngine = "6F81-5844-456A"

// Name is the URL of the list.
func (g GCP) Name() string { return bare(g.list("")) }

// list is the URL of a page.
func (g GCP) list(token string) string {
	base := g.BaseURL
	if base == "" {
		base = "https://cloudbilling.googleapis.com"
	}
	query := url.Values{"currencyCode": {"USD"}, "pageSize": {"5000"}}
	if token != "" {
		query.Set("pageToken", token)
	}
	return base + "/v1/services/" + computeEngine + "/skus?" + query.Encode()
}

// Rows reads page after page, then says the price of each machine in each region where all of its parts have one.
func (g GCP) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return g.HTTP.session(ctx, g.list(""), func(f *fetcher, s *sink) {
		if key := g.Key.Reveal(); key != "" {
			f.header.Set("X-Goog-Api-Key", key)
		}
		rates := newGCPRates(GCPSkus{Types: g.Types, AsOf: g.AsOf})
		f.follow(s, g.list(""), func(ctx context.Context, file string, r io.Reader, next *string) iter.Seq2[Row, error] {
			return stream(ctx, file, func(s *sink) {
				var token string
				if rates.page(s, newDocument(r), &token); token != "" {
					*next = g.list(token)
				}
			})
		})
		if !s.over {
			rates.say(s)
		}
	})
}

// GCPSkus reads pages of the Cloud Billing Catalog as they were recorded.
type GCPSkus struct {
	Types []catalog.InstanceType // as in [GCP]
	AsOf  time.Time              // as in [GCP]
}

// Read is a [Format] for one or more pages in one file. It says on-demand and spot prices of the predefined
// machines of Compute Engine, each with the price of its cores, memory and GPUs summed. Passed over are commitments,
// custom machines, sole tenancy, and machines with local disks or fees that are priced apart (a2-ultragpu, a3, m2
// and others), whose sum would be too low. Memory grows with families × regions, not with the list.
func (g GCPSkus) Read(ctx context.Context, file string, r io.Reader) iter.Seq2[Row, error] {
	return stream(ctx, file, func(s *sink) {
		rates, d, token := newGCPRates(g), newDocument(r), ""
		for first := true; (first || d.more()) && !s.over; first = false {
			rates.page(s, d, &token)
		}
		if !s.over {
			rates.say(s)
		}
	})
}

type gcpSKU struct {
	ID          string `json:"skuId"`
	Description string `json:"description"`
	Category    struct {
		Family string `json:"resourceFamily"`
		Usage  string `json:"usageType"`
	} `json:"category"`
	Regions []string `json:"serviceRegions"`
	Pricing []struct {
		From       string `json:"effectiveTime"`
		Expression struct {
			Unit  string `json:"usageUnit"`
			Tiers []struct {
				Start number `json:"startUsageAmount"`
				Price struct {
					Currency string `json:"currencyCode"`
					Units    number `json:"units"`
					Nanos    int64  `json:"nanos"`
				} `json:"unitPrice"`
			} `json:"tieredRates"`
		} `json:"pricingExpression"`
	} `json:"pricingInfo"`
}

// page reads one page into the rates.
func (g *gcpRates) page(s *sink, d *document, token *string) {
	found := false
	err := d.object(func(name string) error {
		switch name {
		case "nextPageToken":
			return d.value(token)
		case "skus":
			found = true
			return d.array(func() error { return g.item(s, d) })
		}
		return d.skip()
	})
	switch {
	case errors.Is(err, errStopped):
	case err != nil:
		s.fail(fmt.Errorf("SKU %d: %w", g.row, err))
	case !found:
		s.fail(errors.New("no skus: this is not a page of the Cloud Billing Catalog"))
	}
}

func (g *gcpRates) item(s *sink, d *document) error {
	g.row++
	if !s.open() {
		return errStopped
	}
	var x gcpSKU
	err := d.value(&x)
	if wrong := wrongForm(err); wrong != "" {
		s.refuse(g.row, x.ID, "the SKU "+wrong, "fetch the page again")
		return nil
	}
	if err != nil {
		return err
	}
	if part, ok := x.part(); ok {
		g.rate(s, &x, part)
	}
	return nil
}
