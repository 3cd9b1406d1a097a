package source

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/unit"
)

// Quoter asks a cloud what an offering costs now. It is called concurrently.
type Quoter interface {
	// Quote returns the price per unit of the offering. An error means that there is no answer: what was known before
	// stands.
	Quote(ctx context.Context, o catalog.Offering) (Quote, error)
}

// QuoterFunc is a function as a [Quoter].
type QuoterFunc func(ctx context.Context, o catalog.Offering) (Quote, error)

// Quote calls the function.
func (f QuoterFunc) Quote(ctx context.Context, o catalog.Offering) (Quote, error) { return f(ctx, o) }

// Quote is an answer of a [Quoter].
type Quote struct {
	Price unit.Price // per unit of the offering; 0 only if Free
	Free  bool       // says that a price of 0 is meant
	AsOf  time.Time  // when it was asked; needed
}

// Live is a source of prices of now: each offering as it was, but for price, date and source.
type Live struct {
	Title     string             // what to call the source: "aws spot prices"; needed
	Quoter    Quoter             // needed
	Offerings []catalog.Offering // whose prices are asked for
	Parallel  int                // most questions under way at once; 0 = 8
}

// Name is the title.
func (l Live) Name() string { return l.Title }

// Rows asks for each offering and yields the answers in the order of the offerings. A question without answer, or
// with one that is not believed, is a defect.
func (l Live) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return stream(ctx, l.Title, func(s *sink) {
		if l.Quoter == nil || l.Title == "" {
			s.fail(errors.New("Live.Title and Live.Quoter must be set"))
			return
		}
		row, parallel := 0, l.Parallel
		if parallel <= 0 {
			parallel = 8
		}
		for some := range slices.Chunk(l.Offerings, parallel) {
			quotes, errs := l.ask(ctx, some)
			if err := context.Cause(ctx); err != nil {
				s.fail(err)
				return
			}
			for i, o := range some {
				if row++; s.open() {
					l.answer(s, row, o, quotes[i], errs[i])
				}
			}
			if s.over {
				return
			}
		}
	})
}

func (l Live) ask(ctx context.Context, some []catalog.Offering) ([]Quote, []error) {
	quotes, errs := make([]Quote, len(some)), make([]error, len(some))
	var g errgroup.Group
	for i, o := range some {
		g.Go(func() error {
			quotes[i], errs[i] = l.Quoter.Quote(ctx, o)
			return nil
		})
	}
	_ = g.Wait() // each answer has its own error
	return quotes, errs
}

func (l Live) answer(s *sink, row int, o catalog.Offering, q Quote, err error) {
	switch {
	case err != nil:
	case q.AsOf.IsZero():
		err = errors.New("the quote has no date")
	case q.Price != 0 || !q.Free:
		err = believable(q.Price)
	}
	if err != nil {
		s.refuse(row, o.Key(), "no quote: "+err.Error(), "what was known before stands")
		return
	}
	o.ID = o.Key()
	o.Price, o.Free = q.Price, q.Free
	o.Source = catalog.Source{Name: l.Title, AsOf: q.AsOf.UTC()}
	s.say(row, Row{Offering: &o})
}
