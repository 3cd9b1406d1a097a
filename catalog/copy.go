package catalog

import "slices"

// Rows hold a slice and pointers; the functions here copy them so that a catalog shares no memory with its callers.

func copyData(d Data) Data {
	return Data{
		Clouds:    slices.Clone(d.Clouds),
		Regions:   mapped(d.Regions, copyRegion),
		Types:     mapped(d.Types, copyType),
		Offerings: mapped(d.Offerings, copyOffering),
		Links:     mapped(d.Links, copyLink),
		Services:  d.Services.clone(),
		Outranked: mapped(d.Outranked, copyOffering),
		Source:    d.Source,
	}
}

func copyRegion(r Region) Region {
	r.Zones = slices.Clone(r.Zones)
	r.Carbon = copyFloat(r.Carbon)
	r.History = slices.Clone(r.History)
	return r
}

func copyType(t InstanceType) InstanceType {
	t.Watts = copyFloat(t.Watts)
	return t
}

func copyOffering(o Offering) Offering {
	o.Type = copyType(o.Type)
	o.Preemption = copyFloat(o.Preemption)
	return o
}

func copyLink(l Link) Link {
	l.Tiers = slices.Clone(l.Tiers)
	return l
}

func copyFloat(f *float64) *float64 {
	if f == nil {
		return nil
	}
	v := *f
	return &v
}

func mapped[T, U any](rows []T, f func(T) U) []U {
	if rows == nil {
		return nil
	}
	out := make([]U, len(rows))
	for i, row := range rows {
		out[i] = f(row)
	}
	return out
}
