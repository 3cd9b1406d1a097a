package sky

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/openintercloud/broker/catalog"
)

// Near keeps work within a round trip of a client at coordinates in degrees, as [catalog.Catalog.LatencyFrom] estimates it.
// Given to a job, it holds for the data too.
func Near(latitude, longitude float64, within time.Duration) Rule {
	degrees := func(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }
	return Rule{ruleNear, []string{degrees(latitude), degrees(longitude), within.String()}}
}

// client is who a rule keeps work near to.
type client struct {
	latitude, longitude float64
	within              time.Duration
}

// from is the round trip to a place; false when it is not known.
func (c client) from(at location) (time.Duration, bool) {
	if at.latency == nil {
		return 0, false
	}
	l, ok := at.latency(c.latitude, c.longitude)
	return l.RoundTrip, ok
}

func (r Rule) client() (client, error) {
	if len(r.Values) != 3 {
		return client{}, errors.New("want a latitude, a longitude and a round trip")
	}
	latitude, err1 := strconv.ParseFloat(r.Values[0], 64)
	longitude, err2 := strconv.ParseFloat(r.Values[1], 64)
	within, err3 := time.ParseDuration(r.Values[2])
	if err := errors.Join(err1, err2, err3); err != nil {
		return client{}, err
	}
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) || within <= 0 {
		return client{}, errors.New("want a latitude of -90 to 90, a longitude of -180 to 180 and a round trip of more than 0")
	}
	return client{latitude, longitude, within}, nil
}

// whyNot says more on why none of the offerings obeys a rule: how far the nearest is, or who operates them.
func (s *Snapshot) whyNot(r Rule, left []catalog.Offering) string {
	switch r.Kind {
	case ruleNear:
		return s.nearest(r, left)
	case ruleOperator:
		if operator := s.where(left[0].Place).operator; operator != "" {
			return "the law of " + operator + " binds its operator"
		}
		return "whose law binds its operator is not known"
	}
	return ""
}

// nearest names the region nearest to the client of a rule.
func (s *Snapshot) nearest(r Rule, left []catalog.Offering) string {
	c, err := r.client()
	best, found := "", time.Duration(-1)
	for _, o := range left {
		if away, ok := c.from(s.where(o.Place)); err == nil && ok && (found < 0 || away < found) {
			best, found = o.Place.InRegion().String(), away
		}
	}
	if found < 0 {
		return "how far it is, is not known"
	}
	return fmt.Sprintf("the nearest left is %s, %s away", best, found)
}
