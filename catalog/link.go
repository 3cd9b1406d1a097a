package catalog

import "slices"

// Link says what is known about moving data from one place to another, and false when no price is known: an unknown
// price is never taken for 0. Within a region moving is free and always known, unless a row says otherwise.
//
// The most specific row gives the price: region to region, region to cloud, cloud to region, cloud to cloud, and, when
// the clouds differ, region to [Internet], cloud to [Internet]. A bandwidth, latency or round trip that this row does
// not know comes from the next row in that order that does, and so does a price. From and To of the result are the places asked for, without
// zones. Where rows of both directions waive egress, at whatever level, the move is free both ways; a waiver that is
// not returned changes nothing.
func (c *Catalog) Link(from, to Place) (Link, bool) {
	out, found := c.oneWay(from.InRegion(), to.InRegion())
	if found && out.Waives && c.waives(to.InRegion(), from.InRegion()) {
		out.Egress, out.Tiers, out.Free = 0, nil, true
	}
	return out, found
}

// oneWay is the link as its own direction has it. Its Waives says whether any row of that direction does.
func (c *Catalog) oneWay(from, to Place) (Link, bool) {
	var out Link
	found := false
	for _, key := range linkKeys(from, to) {
		i, ok := c.links[key]
		if !ok {
			continue
		}
		row := &c.data.Links[i]
		if !found && !row.Unpriced {
			found = true
			out.Egress, out.Tiers, out.Free, out.Source = row.Egress, slices.Clone(row.Tiers), row.Free, row.Source
		}
		out.Waives = out.Waives || row.Waives
		if out.Bandwidth == 0 {
			out.Bandwidth = row.Bandwidth
		}
		if out.Latency == 0 {
			out.Latency = row.Latency
		}
		if out.RTT == 0 {
			out.RTT = row.RTT
		}
	}
	if !found && sameRegion(from, to) {
		out.Free, found = true, true
	}
	out.From, out.To = from, to
	return out, found
}

func (c *Catalog) waives(from, to Place) bool {
	return slices.ContainsFunc(linkKeys(from, to), func(key pair) bool {
		i, ok := c.links[key]
		return ok && c.data.Links[i].Waives
	})
}

func sameRegion(a, b Place) bool { return a == b && a.Region != "" }

// linkKeys lists the rows that may speak about a move, most specific first. What is known about other regions says
// nothing about a move within one.
func linkKeys(from, to Place) []pair {
	if sameRegion(from, to) {
		return []pair{{from, to}}
	}
	fromCloud, toCloud := Place{Cloud: from.Cloud}, Place{Cloud: to.Cloud}
	keys := []pair{{from, to}, {from, toCloud}, {fromCloud, to}, {fromCloud, toCloud}}
	if from.Cloud != to.Cloud {
		internet := Place{Cloud: Internet}
		keys = append(keys, pair{from, internet}, pair{fromCloud, internet})
	}
	return keys
}
