// Package catalog says what clouds offer: clouds, regions, instance types, offerings with their prices, and the links
// between places with the price of moving data over them.
//
// The main type is [Catalog]: an immutable, indexed set of rows, each with its source and date. [Embedded] reads the
// snapshot that ships with the library, [Load] reads a directory of CSV files, [New] takes rows from Go code, and
// [Catalog.Merge] lays one catalog over another. Nothing is kept between calls: two catalogs never meet.
//
// Services above machines have their own tables: which products host a service, in which release and version, and how to
// start them. [ParseService] reads what is wanted, [Catalog.Offers] finds who has it at what price, and
// [Catalog.Compatibility] measures which services more than one cloud offers.
//
// Prices are asked for as users meet them: [Offering.Cost] with minimum, rounding and commitment, [Catalog.Transfer]
// with tiers over the volume of the month, and [PriceBook] for what a host pays where that is not the list price.
// [Update] lays news over a catalog and refuses prices that are out of bounds, [LoadWith] refuses what is stale or not
// the pinned files, and where sources disagree [Data.Resolve] settles it and [Catalog.Conflict] tells who lost.
//
// Offerings are held in columns: a catalog of fifty thousand keeps about 5 MB and answers a filtered query in tens of
// microseconds. The files stay CSV, for people to review.
//
// Unknown is unknown. A figure that is not known is absent, never 0: an unknown link is reported as unknown, and a row
// with a price of 0 is refused unless it says that it is free.
package catalog
