package catalog

import (
	"fmt"
	"strings"
)

// Place is where an offering or data is: cloud, region, zone. Region and Zone may be empty when they do not matter;
// the zero Place is nowhere. Names hold no "/".
type Place struct {
	Cloud  string
	Region string
	Zone   string
}

// ParsePlace reads "cloud", "cloud/region" or "cloud/region/zone".
func ParsePlace(s string) (Place, error) {
	parts := strings.Split(s, "/")
	if len(parts) > 3 {
		return Place{}, fmt.Errorf("place %q: want cloud, cloud/region or cloud/region/zone", s)
	}
	for _, p := range parts {
		if p == "" || strings.ContainsAny(p, " \t\n") {
			return Place{}, fmt.Errorf("place %q: want cloud, cloud/region or cloud/region/zone", s)
		}
	}
	var p Place
	for i, dst := range []*string{&p.Cloud, &p.Region, &p.Zone}[:len(parts)] {
		*dst = parts[i]
	}
	return p, nil
}

// String is the place as ParsePlace reads it.
func (p Place) String() string {
	s := p.Cloud
	if p.Region != "" {
		s += "/" + p.Region
	}
	if p.Zone != "" {
		s += "/" + p.Zone
	}
	return s
}

// InRegion is the place without its zone.
func (p Place) InRegion() Place { p.Zone = ""; return p }

// Contains reports whether q is p or lies inside it.
func (p Place) Contains(q Place) bool {
	return p.Cloud == q.Cloud && (p.Region == "" || p.Region == q.Region) && (p.Zone == "" || p.Zone == q.Zone)
}

// MarshalText encodes the place as [Place.String].
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText decodes what ParsePlace reads; empty text is the zero Place.
func (p *Place) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = Place{}
		return nil
	}
	q, err := ParsePlace(string(b))
	*p = q
	return err
}
