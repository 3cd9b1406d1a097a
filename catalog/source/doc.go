// Package source brings the price lists of others into a [catalog.Catalog].
//
// The main type is [Source]: something that says rows, one after the other. [Load] lays the rows of several sources over
// a catalog, in order of precedence, and returns the new catalog with a [Report] of what was refused, what was doubtful
// and where sources contradict each other. It is all or nothing: after an error the old catalog stands.
//
// Sources over the network: [AWS] (bulk price list), [Azure] (Retail Prices API), [GCP] (Cloud Billing Catalog) and [URL]
// for one document. From files: [File] with a [Format] such as [AWSCSV], [AWSJSON], [AzureJSON], [GCPSkus.Read] or
// [SkyPilot.Read], and [Directory] for a private cloud's own YAML and CSV. [Live] asks a [Quoter] for prices of now.
//
// Rows are streamed: what a source holds in memory does not grow with its list, but for what is said at each. Prices are read
// from decimal text without floating point. A row that is not believed is reported with file, row, reason and remedy,
// and never used. Nothing is kept between calls and no clock is read: dates come from the lists or from the caller.
package source
