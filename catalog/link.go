package catalog

// Link says what is known about moving data from one place to another, and false when no price is known: an unknown
// price is never taken for 0. Within a region moving is free and always known, unless a row says otherwise.
//
// The most specific row gives the price: region to region, region to cloud, cloud to region, cloud to cloud, and, when
// the clouds differ, region to [Internet], cloud to [Internet]. A bandwidth or latency that this row does not know
// comes from the next row in that order that does. From and To of the result are the places asked for, without zones.
func (c *Catalog) Link(from, to Place) (Link, bool) {
	from, to = from.InRegion(), to.InRegion()
	var out Link
	found := false
	for _, key := range linkKeys(from, to) {
		i, ok := c.links[key]
		if !ok {
			continue
		}
		row := c.data.Links[i]
		if !found {
			out, found = row, true
		}
		if out.Bandwidth == 0 {
			out.Bandwidth = row.Bandwidth
		}
		if out.Latency == 0 {
			out.Latency = row.Latency
		}
	}
	if !found && sameRegion(from, to) {
		out, found = Link{Free: true}, true
	}
	out.From, out.To = from, to
	return out, found
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
