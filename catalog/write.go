package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
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

// Files writes the catalog as the five CSV files that [Load] reads back to a catalog with the same digest.
func (c *Catalog) Files() []File { return files(c.data) }

// Digest is "sha256:" and the SHA-256, in hex, of all rows in canonical form. It does not depend on the order in which
// rows were given, and changes when any field of any row does.
func (c *Catalog) Digest() string { return c.digest }

func digest(d Data) string {
	h := sha256.New()
	for _, f := range files(d) {
		_, _ = fmt.Fprintf(h, "%s %d\n", f.Name, len(f.Content))
		_, _ = h.Write(f.Content)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func files(d Data) []File {
	return []File{
		{"clouds.csv", written("name,title,operator,scheme", d.Clouds, func(x Cloud) ([]string, Source) {
			return []string{x.Name, x.Title, x.Operator, x.Scheme}, x.Source
		})},
		{"regions.csv", written("cloud,region,country,city,latitude,longitude,zones,carbon", d.Regions, regionCells)},
		{"types.csv", written("cloud,name,cpus,memory,arch,accelerator,confidential,watts", d.Types, typeCells)},
		{"offerings.csv", written("id,service,place,type,market,price,unit,minimum,capacity,free", d.Offerings, offeringCells)},
		{"links.csv", written("from,to,egress,free,bandwidth,latency", d.Links, linkCells)},
	}
}

func written[T any](columns string, rows []T, cells func(T) ([]string, Source)) []byte {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	_ = w.Write(append(strings.Split(columns, ","), "source", "as_of")) // a bytes.Buffer does not fail
	for _, row := range rows {
		line, s := cells(row)
		_ = w.Write(append(line, s.Name, dateText(s.AsOf)))
	}
	w.Flush()
	return buf.Bytes()
}

func regionCells(x Region) ([]string, Source) {
	latitude, longitude := "", ""
	if x.Latitude != 0 || x.Longitude != 0 {
		latitude, longitude = floatText(x.Latitude), floatText(x.Longitude)
	}
	return []string{
		x.Place.Cloud, x.Place.Region, x.Country, x.City, latitude, longitude, strings.Join(x.Zones, " "), optionalText(x.Carbon),
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
		durationText(x.Minimum), countText(x.Capacity), freeText(x.Free),
	}, x.Source
}

func linkCells(x Link) ([]string, Source) {
	bandwidth := ""
	if x.Bandwidth != 0 {
		bandwidth = floatText(x.Bandwidth)
	}
	return []string{
		x.From.String(), x.To.String(), priceText(x.Egress), freeText(x.Free), bandwidth, durationText(x.Latency),
	}, x.Source
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

func freeText(free bool) string {
	if free {
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
