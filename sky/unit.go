package sky

import "github.com/openintercloud/broker/catalog/unit"

// Bytes is a size in bytes.
type Bytes = unit.Bytes

// Money is an amount in nano-dollars.
type Money = unit.Money

// Sizes and amounts to multiply with: 8*sky.GB, 5*sky.Dollar.
const (
	KB     = unit.KB
	MB     = unit.MB
	GB     = unit.GB
	TB     = unit.TB
	KiB    = unit.KiB
	MiB    = unit.MiB
	GiB    = unit.GiB
	TiB    = unit.TiB
	Dollar = unit.Dollar
)
