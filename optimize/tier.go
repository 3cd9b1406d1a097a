package optimize

// Meter prices data by its volume: all KB whose pair of classes feeds the meter (Tariff.Meter) add up, on top of what was
// used before, and each part is priced by the tier it falls in. An output shared in one class counts once. The charge
// comes on top of Tariff.Money: put zeros there where the meter is the whole price.
type Meter struct {
	// Name appears in errors only; it may be empty.
	Name string
	// Used is the volume before this plan, in KB: month to date, say. It is not charged again.
	Used int64
	// Tiers are in ascending order of From, the first from 0. None: the meter is free.
	Tiers []Tier
}

// Tier is the price of one interval of volume: from From to the next tier's From.
type Tier struct {
	// From is where the tier starts, in KB.
	From int64
	// Money is in micro-dollars per GB. What falls into one tier is rounded half up as a whole.
	Money int64
}

// Charge is what the meter asks for some KB, in micro-dollars.
func (m *Meter) Charge(kb int64) int64 {
	var sum int64
	for i, t := range m.Tiers {
		from, to := max(t.From, m.Used), m.Used+kb
		if i+1 < len(m.Tiers) {
			to = min(to, m.Tiers[i+1].From)
		}
		if to > from {
			sum += perGB(to-from, t.Money)
		}
	}
	return sum
}

func (c *checker) meters() {
	for i, t := range c.p.Tariffs {
		c.fed(i, t.Meter)
	}
	for i := range c.p.Meters {
		if m := &c.p.Meters[i]; !m.sound() {
			c.faultf("meter %d %q: used %d, tiers %v: negative, too large, or not ascending from 0", i, m.Name, m.Used, m.Tiers)
		}
	}
}

// fed checks the table of meters of tariff i.
func (c *checker) fed(i int, table []int) {
	if table != nil && len(table) != c.p.Classes*c.p.Classes {
		c.faultf("tariff %d meter: %d entries for %d classes", i, len(table), c.p.Classes)
	}
	for at, m := range table {
		if m < 0 || m > len(c.p.Meters) {
			c.faultf("tariff %d meter: entry %d is %d, not in 0..%d", i, at, m, len(c.p.Meters))
			break
		}
	}
}

// sound is whether nothing is negative or too large and the tiers ascend from 0.
func (m *Meter) sound() bool {
	ok := inTotal(m.Used) && (len(m.Tiers) == 0 || m.Tiers[0].From == 0)
	for j, t := range m.Tiers {
		ok = ok && inTotal(t.From) && inTotal(t.Money) && (j == 0 || t.From > m.Tiers[j-1].From)
	}
	return ok
}

// charges bounds what all meters can ask for together; more than maxTotal if a product can overflow.
func (c *checker) charges() int64 {
	if len(c.p.Meters) == 0 {
		return 0
	}
	var kb, sum int64
	for _, e := range c.p.Edges {
		if kb += e.KB; kb > maxTotal {
			return maxTotal + 1
		}
	}
	for _, m := range c.p.Meters {
		var most int64
		for _, t := range m.Tiers {
			most = max(most, t.Money)
		}
		if !fits(kb, most) {
			return maxTotal + 1
		}
		if sum += perGB(kb, most) + int64(len(m.Tiers)); sum > maxTotal {
			return sum
		}
	}
	return sum
}
