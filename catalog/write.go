package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// File is one file of a catalog as [Load] reads it.
type File struct {
	Name    string // "offerings.csv"
	Content []byte
}

// Files writes the catalog as the CSV files that [Load] reads back to a catalog with the same digest: five, and
// outranked.csv if sources disagree.
func (c *Catalog) Files() []File { return c.files() }

// Digest is "sha256:" and the SHA-256, in hex, of all rows in canonical form. It does not depend on the order in which
// rows were given, and changes when any field of any row does. It is computed when first asked for.
func (c *Catalog) Digest() string { return c.digest() }

func digest(all []File) string {
	h := sha256.New()
	for _, f := range all {
		_, _ = fmt.Fprintf(h, "%s %d\n", f.Name, len(f.Content))
		_, _ = h.Write(f.Content)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

const offeringColumns = "id,service,place,type,market,price,unit,minimum,increment,capacity,free,preemption,term,upfront,opens,closes"

func (c *Catalog) files() []File {
	d := &c.data
	all := []File{
		{"clouds.csv", written("name,title,operator,scheme", slices.Values(d.Clouds), func(x Cloud) ([]string, Source) {
			return []string{x.Name, x.Title, x.Operator, x.Scheme}, x.Source
		})},
		{"regions.csv", written("cloud,region,country,city,latitude,longitude,zones,since,parent,carbon,carbon_years", slices.Values(d.Regions), regionCells)},
		{"types.csv", written("cloud,name,cpus,memory,arch,accelerator,confidential,watts", slices.Values(d.Types), typeCells)},
		{"offerings.csv", written(offeringColumns, c.byID(c.rows), offeringCells)},
		{"links.csv", written("from,to,egress,tiers,free,waives,bandwidth,latency,rtt", slices.Values(d.Links), linkCells)},
	}
	if c.outranked.len() > 0 {
		all = append(all, File{"outranked.csv", written(offeringColumns, c.byOutranked(), offeringCells)})
	}
	return append(all, serviceFiles(d.Services)...)
}

// byOutranked yields the outranked offerings by ID, of one ID by the name of the source.
func (c *Catalog) byOutranked() iter.Seq[Offering] {
	rows := slices.Collect(c.byID(c.outranked))
	slices.SortStableFunc(rows, func(a, b Offering) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Source.Name, b.Source.Name))
	})
	return slices.Values(rows)
}

func written[T any](columns string, rows iter.Seq[T], cells func(T) ([]string, Source)) []byte {
	out := []byte(columns + ",source,as_of\n")
	for row := range rows {
		line, s := cells(row)
		for _, cell := range line {
			out = append(appendCell(out, cell), ',')
		}
		out = append(append(appendCell(out, s.Name), ','), dateText(s.AsOf)...)
		out = append(out, '\n')
	}
	return out
}

// appendCell quotes what would otherwise be read as something else.
func appendCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n#") {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

func regionCells(x Region) ([]string, Source) {
	latitude, longitude := "", ""
	if x.Latitude != 0 || x.Longitude != 0 {
		latitude, longitude = floatText(x.Latitude), floatText(x.Longitude)
	}
	return []string{
		x.Place.Cloud, x.Place.Region, x.Country, x.City, latitude, longitude, strings.Join(x.Zones, " "), windowText(x.Since),
		x.Parent, optionalText(x.Carbon), yearsText(x.History),
	}, x.Source
}

func typeCells(x InstanceType) ([]string, Source) {
	return []string{
		x.Cloud, x.Name, strconv.Itoa(x.CPUs), strconv.FormatInt(int64(x.Memory), 10), x.Arch, x.Accelerator.String(),
		x.Confidential, optionalText(x.Watts),
	}, x.Source
}

func offeringCells(x Offering) ([]string, Source) {
	id := x.ID
	if id == x.defaultID() {
		id = ""
	}
	return []string{
		id, x.Service, x.Place.String(), x.Type.Name, string(x.Market), priceText(x.Price), string(x.Unit),
		durationText(x.Minimum), durationText(x.Increment), countText(x.Capacity), yesText(x.Free), optionalText(x.Preemption),
		durationText(x.Commitment.Term), upfrontText(x.Commitment.Upfront), windowText(x.Commitment.Opens),
		windowText(x.Commitment.Closes),
	}, x.Source
}

func linkCells(x Link) ([]string, Source) {
	bandwidth := ""
	if x.Bandwidth != 0 {
		bandwidth = floatText(x.Bandwidth)
	}
	egress := priceText(x.Egress)
	if x.Unpriced {
		egress = "unknown"
	}
	return []string{
		x.From.String(), x.To.String(), egress, tiersText(x.Tiers), yesText(x.Free), yesText(x.Waives), bandwidth,
		durationText(x.Latency), durationText(x.RTT),
	}, x.Source
}

func yearsText(years []CarbonYear) string {
	parts := mapped(years, func(y CarbonYear) string { return fmt.Sprintf("%d=%s", y.Year, floatText(y.Grams)) })
	return strings.Join(parts, " ")
}

func tiersText(tiers []Tier) string {
	parts := mapped(tiers, func(t Tier) string { return fmt.Sprintf("%d=%s", t.From, priceText(t.Price)) })
	return strings.Join(parts, " ")
}

func upfrontText(p unit.Price) string {
	if p == 0 {
		return ""
	}
	return priceText(p)
}

func windowText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return dateText(t)
}

// floatText is the shortest decimal that reads back to the same number; -0 is 0.
func floatText(f float64) string { return strconv.FormatFloat(f+0, 'f', -1, 64) }

func optionalText(f *float64) string {
	if f == nil {
		return ""
	}
	return floatText(*f)
}

func priceText(p unit.Price) string { return strings.TrimPrefix(p.String(), "$") }

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yesText(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

func dateText(t time.Time) string {
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}
