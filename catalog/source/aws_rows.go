package source

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// maxHalves is the most reservations of which only the fee or only the hourly price was seen: in a list they stand
// together.
const maxHalves = 10_000

// awsRows makes rows of the products and terms of one AWS price list, whether CSV or JSON.
type awsRows struct {
	s      *sink
	source catalog.Source
	titles map[string]string
	names  names
	told   map[awsMachine]bool // machines described already: they come again in each region
	halves map[string]*awsHalf // reservations with a fee that are not whole yet, by SKU and term
}

// awsMachine is all that a list says of a machine.
type awsMachine struct{ instance, cpus, memory, processor, gpus string }

// awsHalf is a reservation that the list gives in two rows: the fee and the price per hour.
type awsHalf struct {
	row           int
	sku           string
	offering      catalog.Offering
	fee, hour     unit.Price
	hasFee, hasHr bool
}

// newAWSRows needs the publication date, which is as of when all rows hold.
func newAWSRows(s *sink, published string) (*awsRows, error) {
	at, err := time.Parse(time.RFC3339, published)
	if err != nil {
		return nil, fmt.Errorf("publication date %q: want one such as 2026-01-16T16:02:58Z", clip(published))
	}
	return &awsRows{
		s: s, source: catalog.Source{Name: s.file, AsOf: at.UTC()},
		titles: awsTitles(), names: names{}, told: map[awsMachine]bool{}, halves: map[string]*awsHalf{},
	}, nil
}

// add says what one term of one product costs. term is the code of the term: it pairs the two rows of a reservation.
func (a *awsRows) add(row int, sku, term string, p *awsProduct, t *awsTerm) {
	place, err := p.place(a.titles)
	if err != nil {
		a.s.refuse(row, sku, err.Error(), "add the region's code to the list, or fetch one with a Region Code column")
		return
	}
	if t.currency != "USD" {
		a.s.refuse(row, sku, errCurrency.Error(), "fetch the list of pricing.us-east-1.amazonaws.com")
		return
	}
	place.Region = a.names.keep(place.Region)
	o := catalog.Offering{
		Service: "vm", Place: place, Type: catalog.InstanceType{Cloud: "aws", Name: a.names.keep(p.instance)},
		Market: catalog.OnDemand, Unit: catalog.PerHour, Minimum: time.Minute, Increment: time.Second, Source: a.source,
	}
	if t.kind == "Reserved" {
		a.reserved(row, sku, term, o, t)
		return
	}
	if t.unit != "Hrs" {
		a.s.refuse(row, sku, fmt.Sprintf("unit %q: want Hrs", clip(t.unit)), priceRemedy)
		return
	}
	if o.Price, err = hourly(t.price); err != nil {
		a.s.refuse(row, sku, err.Error(), priceRemedy)
		return
	}
	a.s.say(row, Row{Type: a.machine(row, sku, p), Offering: &o})
}

// machine describes the machine of a product where it was not described so before.
func (a *awsRows) machine(row int, sku string, p *awsProduct) *catalog.InstanceType {
	key := awsMachine{p.instance, p.cpus, p.memory, p.processor, p.gpus}
	if a.told[key] {
		return nil
	}
	keep := a.names.keep
	a.told[awsMachine{keep(p.instance), keep(p.cpus), keep(p.memory), keep(p.processor), keep(p.gpus)}] = true
	machine, err := p.machine(a.names, a.source)
	if err != nil {
		a.s.note(row, sku, fmt.Sprintf("the machine %s is not described: %v", clip(p.instance), err),
			"its price is used if the catalog knows the type: add it to the types")
		return nil
	}
	return machine
}

func (a *awsRows) reserved(row int, sku, term string, o catalog.Offering, t *awsTerm) {
	commitment, name, err := t.commitment()
	if err != nil {
		a.s.refuse(row, sku, err.Error(), "the reservation is left out")
		return
	}
	o.Market, o.Minimum, o.Increment = catalog.Reserved, 0, 0
	o.Commitment = commitment
	o.ID = o.Key() + "/" + name
	if t.purchase == "No Upfront" {
		if o.Price, err = hourly(t.price); err != nil {
			a.s.refuse(row, sku, err.Error(), priceRemedy)
			return
		}
		a.s.say(row, Row{Offering: &o})
		return
	}
	a.half(row, sku, term, o, t)
}

// half notes one of the two rows of a reservation with a fee, and says it once it is whole.
func (a *awsRows) half(row int, sku, term string, o catalog.Offering, t *awsTerm) {
	price, err := parsePrice(t.price)
	if err != nil {
		a.s.refuse(row, sku, err.Error(), priceRemedy)
		return
	}
	key := sku + "." + term
	h := a.halves[key]
	if h == nil {
		if len(a.halves) >= maxHalves {
			a.s.fail(fmt.Errorf("more than %d reservations without their fee: %w", maxHalves, ErrTooLarge))
			return
		}
		h = &awsHalf{row: row, sku: a.names.keep(sku), offering: o}
		a.halves[key] = h
	}
	switch t.unit {
	case "Quantity":
		h.fee, h.hasFee = price, true
	case "Hrs":
		h.hour, h.hasHr = price, true
	default:
		a.s.refuse(row, sku, fmt.Sprintf("unit %q of a reservation: want Quantity or Hrs", clip(t.unit)), priceRemedy)
		return
	}
	if h.hasFee && h.hasHr {
		delete(a.halves, key)
		a.whole(h)
	}
}

// whole says a reservation of which both rows are known. An hour may cost nothing then, a fee may not.
func (a *awsRows) whole(h *awsHalf) {
	o := h.offering
	o.Price, o.Commitment.Upfront, o.Free = h.hour, h.fee, h.hour == 0
	perHour, err := share(h.fee, int64(time.Hour), int64(o.Commitment.Term))
	switch {
	case err != nil:
	case h.fee == 0:
		err = errZero
	default:
		err = believable(h.hour + perHour)
	}
	if err != nil {
		a.s.refuse(h.row, h.sku, "reservation: "+err.Error(), priceRemedy)
		return
	}
	a.s.say(h.row, Row{Offering: &o})
}

// end reports reservations that never became whole.
func (a *awsRows) end() {
	for _, key := range slices.Sorted(maps.Keys(a.halves)) {
		h := a.halves[key]
		missing := "its price per hour"
		if !h.hasFee {
			missing = "its fee"
		}
		a.s.refuse(h.row, h.sku, "reservation without "+missing, "the list is cut off: fetch it again")
	}
}
