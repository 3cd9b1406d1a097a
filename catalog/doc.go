// Package catalog says what clouds offer: clouds, regions, instance types, offerings with their prices, and the links
// between places with the price of moving data over them.
//
// The main type is [Catalog]: an immutable, indexed set of rows, each with its source and date. [Embedded] reads the
// snapshot that ships with the library, [Load] reads a directory of CSV files, [New] takes rows from Go code, and
// [Catalog.Merge] lays one catalog over another. Nothing is kept between calls: two catalogs never meet.
//
// Unknown is unknown. A figure that is not known is absent, never 0: an unknown link is reported as unknown, and a row
// with a price of 0 is refused unless it says that it is free.
package catalog
