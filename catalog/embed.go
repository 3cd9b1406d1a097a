package catalog

import (
	"embed"
	"io/fs"
)

//go:embed data/*.csv
var snapshot embed.FS

// Embedded reads the curated snapshot that ships with the library: list prices of the large clouds as their publishers
// gave them on the date of each row. It parses at each call, so keep the result.
func Embedded() (*Catalog, error) {
	dir, err := fs.Sub(snapshot, "data")
	if err != nil {
		return nil, err
	}
	return Load(dir)
}
