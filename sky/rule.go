package sky

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog"
)

// Rule is something a placement must obey. Rules are data; several rules must all hold.
type Rule struct {
	Kind   RuleKind `json:"kind"`
	Values []string `json:"values"`
}

// RuleKind names a rule.
type RuleKind string

const (
	ruleIn       RuleKind = "in"
	ruleOperator RuleKind = "operator"
	ruleClouds   RuleKind = "clouds"
	ruleRegions  RuleKind = "regions"
	ruleNear     RuleKind = "near"
)

// In keeps work and data inside countries, as ISO 3166-1 alpha-2 codes ("DE"); "EU" stands for the European Union's.
func In(countries ...string) Rule { return Rule{ruleIn, countries} }

// Operator asks that the law of one of these countries binds the cloud's operator; "EU" stands for the European Union's.
func Operator(countries ...string) Rule { return Rule{ruleOperator, countries} }

// Clouds allows only these clouds.
func Clouds(names ...string) Rule { return Rule{ruleClouds, names} }

// Regions allows only these regions, each as "cloud/region".
func Regions(places ...string) Rule { return Rule{ruleRegions, places} }

// String is the rule as a person would write it.
func (r Rule) String() string {
	return fmt.Sprintf("%s %s", r.Kind, strings.Join(r.Values, ", "))
}

// allows reports whether a site obeys the rule; unknown facts never obey.
func (r Rule) allows(at location) bool {
	switch r.Kind {
	case ruleIn:
		return at.country != "" && r.hasCountry(at.country)
	case ruleOperator:
		return at.operator != "" && r.hasCountry(at.operator)
	case ruleClouds:
		return slices.Contains(r.Values, at.place.Cloud)
	case ruleRegions:
		return slices.Contains(r.Values, at.place.InRegion().String())
	case ruleNear:
		c, err := r.client()
		away, ok := c.from(at)
		return err == nil && ok && away <= c.within
	}
	return false
}

func (r Rule) hasCountry(country string) bool {
	return slices.Contains(r.Values, country) || (slices.Contains(r.Values, "EU") && inEU(country))
}

func (r Rule) check() string {
	if len(r.Values) == 0 {
		return fmt.Sprintf("rule %s: names nothing", r.Kind)
	}
	switch r.Kind {
	case ruleIn, ruleOperator:
		for _, v := range r.Values {
			if len(v) != 2 || strings.ToUpper(v) != v {
				return fmt.Sprintf("rule %s: %q is not an ISO 3166-1 alpha-2 country code", r, v)
			}
		}
	case ruleRegions:
		for _, v := range r.Values {
			if p, err := catalog.ParsePlace(v); err != nil || p.Region == "" || p.Zone != "" {
				return fmt.Sprintf("rule %s: %q: want cloud/region", r, v)
			}
		}
	case ruleNear:
		if _, err := r.client(); err != nil {
			return fmt.Sprintf("rule %s: %s", r, err)
		}
	case ruleClouds:
	default:
		return fmt.Sprintf("unknown rule %q", r.Kind)
	}
	return ""
}

// inEU reports membership of the European Union, as of 2026 (european-union.europa.eu, country profiles).
func inEU(country string) bool {
	return strings.Contains(" AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE ", " "+country+" ")
}

// Level is how far a group rule looks.
type Level string

// The levels.
const (
	Zone   Level = "zone"
	Region Level = "region"
	Cloud  Level = "cloud"
)

type groupKind string

const (
	together groupKind = "together"
	apart    groupKind = "apart"
	spread   groupKind = "spread"
)

// group is a rule over several stages.
type group struct {
	Kind   groupKind `json:"kind"`
	Level  Level     `json:"level"`
	K      int       `json:"k,omitempty"`
	Stages []string  `json:"stages"`
	site   site
}

func (g group) String() string {
	text := string(g.Kind)
	if g.Kind == spread {
		text = fmt.Sprintf("spread over %d", g.K)
	}
	return fmt.Sprintf("%s (%s): %s", text, g.Level, strings.Join(g.Stages, ", "))
}

// Objective is what a plan is the least of.
type Objective struct {
	Kind       ObjectiveKind `json:"kind"`
	HourWorth  Money         `json:"hour_worth,omitempty"`  // for a blend: what an hour of the job's time is worth
	TonneWorth Money         `json:"tonne_worth,omitempty"` // for a blend: what a tonne of CO2e is worth
}

// ObjectiveKind names an objective.
type ObjectiveKind string

const (
	minCost   ObjectiveKind = "cost"
	minTime   ObjectiveKind = "time"
	minCarbon ObjectiveKind = "carbon"
	minBlend  ObjectiveKind = "blend"
)

// Cost minimises money; ties go to the faster plan.
var Cost = Objective{Kind: minCost} //nolint:gochecknoglobals // a constant of struct type

// Time minimises the time from start to the end of the last stage; ties go to the cheaper plan.
var Time = Objective{Kind: minTime} //nolint:gochecknoglobals // a constant of struct type

// Carbon minimises grams of CO2e; offerings whose figure is not known are not used.
var Carbon = Objective{Kind: minCarbon} //nolint:gochecknoglobals // a constant of struct type

// Blend minimises money + time × hourWorth + carbon × tonneWorth.
func Blend(hourWorth, tonneWorth Money) Objective {
	return Objective{Kind: minBlend, HourWorth: hourWorth, TonneWorth: tonneWorth}
}
