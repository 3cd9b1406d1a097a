package catalog

import (
	"time"

	"github.com/openintercloud/broker/catalog/unit"
)

// Market is how an offering is paid for.
type Market string

// The markets.
const (
	OnDemand Market = "on-demand"
	Spot     Market = "spot"
	Reserved Market = "reserved"
)

// Source says where a figure comes from and as of when. Every row of a catalog carries one.
type Source struct {
	Name string    `json:"name"` // a URL or the name of a document
	AsOf time.Time `json:"as_of"`
}

// Cloud is a provider of services.
type Cloud struct {
	Name     string // "aws"
	Title    string // "Amazon Web Services"
	Operator string // ISO 3166-1 alpha-2 country whose law binds the operator; "" = unknown
	Scheme   string // URL scheme of its object store: "s3", "gs", "az"; "" = none
	Source   Source
}

// Region is a location of a cloud.
type Region struct {
	Place     Place   // cloud/region
	Country   string  // ISO 3166-1 alpha-2; "" = unknown
	City      string  // "" = unknown
	Latitude  float64 // degrees, north positive; 0 and 0 = unknown
	Longitude float64 // degrees, east positive
	Zones     []string
	Since     time.Time    // when it opened, UTC; zero = unknown, taken as always
	Parent    string       // the region of the same cloud that an edge site hangs off; "" = a region of its own
	Carbon    *float64     // grams of CO2e per kWh of grid electricity; nil = unknown, never 0 for unknown
	History   []CarbonYear // what Carbon was, by year; may be empty
	Source    Source
}

// CarbonYear is the mean carbon of grid electricity in a calendar year.
type CarbonYear struct {
	Year  int
	Grams float64 // of CO2e per kWh
}

// CarbonIn is the carbon of the grid in a year, or of the last year before it that is known; false when there is none.
func (r Region) CarbonIn(year int) (grams float64, known bool) {
	for _, y := range r.History {
		if y.Year <= year {
			grams, known = y.Grams, true
		}
	}
	return grams, known
}

// InstanceType is the shape of a machine: what a stage can need.
type InstanceType struct {
	Cloud        string
	Name         string // "p3.8xlarge"
	CPUs         int    // virtual CPUs
	Memory       unit.Bytes
	Arch         string      // "amd64", "arm64"; "" = unknown
	Accelerator  Accelerator // zero = none
	Confidential string      // "sgx", "sev-snp", "tdx"; "" = none
	Watts        *float64    // mean draw of the whole machine under load; nil = unknown
	Source       Source
}

// Accelerator is a kind and a count of accelerators in one machine.
type Accelerator struct {
	Kind  string // lower case: "v100", "t4", "a100-80gb", "tpu-v3", "inferentia"
	Count int    // of devices as the cloud counts them (cores for TPUs)
}

// Offering is a service at a place on an instance type, with its price. It is plain data.
type Offering struct {
	ID         string       // unique in a catalog and stable between loads: "gcp/us-central1/vm/n1-standard-8/on-demand"
	Service    string       // "vm", "spark@3.1", "blob"
	Place      Place        // cloud/region, with a zone where the offering is zonal
	Type       InstanceType // zero for services without machines
	Market     Market
	Price      unit.Price    // per Unit
	Free       bool          // says that a price of 0 is meant; without it a price of 0 is refused
	Unit       Unit          // what the price is for
	Minimum    time.Duration // shortest time billed; 0 = none
	Increment  time.Duration // time billed is rounded up to a multiple of it; 0 = billed to the instant
	Capacity   int           // most machines that can be had at once (a private cloud's size); 0 = not known to be limited
	Preemption *float64      // times a machine is expected to be taken away per hour; nil = unknown
	Commitment Commitment    // what a reserved offering binds its buyer to; zero = to nothing
	Source     Source
}

// Commitment is what the buyer of a reserved offering is bound to, and when it can be used.
type Commitment struct {
	Term    time.Duration // paid for, used or not; 0 = only use is paid for
	Upfront unit.Price    // paid per machine at the start of each term; 0 = nothing
	Opens   time.Time     // an advance reservation can be used from then on, UTC; zero = at once
	Closes  time.Time     // and until then, UTC; zero = without end
}

// Unit is what a price is per.
type Unit string

// The units of price.
const (
	PerHour    Unit = "hour"        // of one machine or service instance
	PerTB      Unit = "TB"          // decimal terabyte of data scanned
	PerGBMonth Unit = "GB-month"    // decimal gigabyte held for 730 hours
	PerMillion Unit = "1M requests" // of a million requests
)

// Names of services that clouds sell beside machines.
const (
	Blob      = "blob"       // an object store: bytes held, PerGBMonth
	BlobRead  = "blob-read"  // requests that read from it, PerMillion
	BlobWrite = "blob-write" // requests that write to it or list it, PerMillion
	Disk      = "disk"       // a network disk of a machine: bytes held, PerGBMonth
	Address   = "address"    // a public IPv4 address in use, PerHour
)

// Link is what is known about moving data between two places. From and To are a cloud or a cloud/region; the most
// specific link wins (see [Catalog.Link]).
type Link struct {
	From, To  Place         // To may be [Internet]
	Egress    unit.Price    // per decimal gigabyte leaving From for To: the price of the first tier
	Tiers     []Tier        // prices of further gigabytes of a month, by volume; none = Egress for all
	Free      bool          // says that a price of 0 is meant; without it a price of 0 is refused
	Unpriced  bool          // the row knows no price, only how fast; a less specific one gives the price
	Waives    bool          // From asks nothing for egress to To if To asks nothing for egress to From
	Bandwidth float64       // bytes per second one mover can reach; 0 = unknown
	Latency   time.Duration // set-up time of one transfer; 0 = unknown or none
	RTT       time.Duration // measured round trip of a packet; 0 = unknown
	Source    Source
}

// Tier is the price of the gigabytes after the first From of a month. It holds for those alone: a tier that is reached
// does not change what the bytes before it cost.
type Tier struct {
	From  unit.Bytes // volume of the calendar month from which on the price holds
	Price unit.Price // per decimal gigabyte
}

// Internet is the cloud name of a link end that means "anywhere else".
const Internet = "*"
