package transfer

import (
	"context"

	"github.com/openintercloud/broker/catalog/unit"
)

// Options tune [Copy], [Sync], [Seal], [Verify] and [SumObject]. The zero value is a good choice for all of them.
type Options struct {
	// Streams is the most ranges that are moved at once, over all objects. How many there are is found out: see Pacing.
	// Default 32.
	Streams int
	// Pacing finds how many streams fill the link, and shares them among calls. Default: a pacing of the call's own.
	Pacing *Pacing
	// PartSize is the size of one range, the last one of an object excepted. Default 8 MiB, grown in whole multiples
	// for objects of more than 10,000 parts. The digest is computed on the way only when the part size is a multiple
	// of [ChunkSize] or the object fits into one part.
	PartSize unit.Bytes
	// MemoryBudget bounds the bytes held in buffers, idle ones included. Default 128 MiB. Not used when Budget is set.
	MemoryBudget unit.Bytes
	// Budget shares one memory bound among several calls. Default: a budget of the call's own.
	Budget *Budget
	// Progress is told after every part and object, one call at a time; it must not block. Default: nobody is told.
	Progress func(Progress)
	// IfAbsent makes Copy fail with ErrConflict rather than replace an object. Default: replace.
	IfAbsent bool
	// Ledger is a folder that remembers what has been stored, so that the same copy, by this process or another, goes on where a
	// failed or killed one stopped: see Copy. It is made when missing and belongs to one copy at a time. Default: none.
	Ledger string
	// Tariff prices what is moved and asked for. Default: all is free.
	Tariff *Tariff
	// Spend is the most that may be spent, by the Tariff: a request that would cross it is not sent, and the call fails with a
	// [*SpendError]. Default: no limit.
	Spend unit.Money
	// Boundary is asked before each open of a source range or a destination object; its error ends the call. It is the
	// place to enforce residency. It may be called concurrently. Default: everything is allowed.
	Boundary func(ctx context.Context, h Hop) error
	// Include selects the objects of a prefix. It is called one object at a time. Default: all.
	Include func(Object) bool
	// Manifest makes Copy take exactly these objects, below the source prefix, and compare each with what the manifest
	// says. Default: what the listing finds.
	Manifest *Manifest
	// Publish is the key, in the destination bucket, at which Copy writes the manifest of a copied prefix after its
	// last object is durable, with WriteManifest. Default: the caller publishes it.
	Publish string
	// SkipDigest leaves SHA-256 out: CRC32C still guards every byte. Default: digests are computed.
	SkipDigest bool
	// SkipReadBack trusts a destination that reports no checksum of its own. Default: such an object is read back.
	SkipReadBack bool
}

// Hop is one opening of a connection to a store: data is about to flow from one target to another.
type Hop struct {
	Op   string // "read" (of From), "create" (of To) or "copy" (server-side)
	From Target
	To   Target // without bucket when data is only read, by Seal, Verify or SumObject
}

// Progress is what a call has done so far. Totals grow until Listed is true.
type Progress struct {
	Objects, ObjectsTotal int
	Bytes, BytesTotal     unit.Bytes
	Listed                bool // the totals are final
}

// Report is what a copy did.
type Report struct {
	Objects    int
	Bytes      unit.Bytes
	Streams    int        // most ranges that were in flight at once
	ServerSide unit.Bytes // bytes the stores moved by themselves
	Resumed    unit.Bytes // bytes that an earlier call with the same ledger had moved
	Resent     unit.Bytes // bytes that were moved more than once
	Retries    int        // requests that were tried again
	Hedges     int        // late parts that were started a second time
	Money      unit.Money // what was used, by the Tariff
	Digest     Digest     // of the object; of the manifest when a prefix was copied
	Copied     []Copied   // in ascending order of key
}

// Copied is one object that a copy made.
type Copied struct {
	Key     string // at the destination
	Path    string // below the destination prefix; the key's last element when one object was copied
	Version string // at the destination
	Sum
}

// Manifest is the manifest of the copied objects, for an artifact of the given name, which may be empty.
func (r Report) Manifest(artifact string) Manifest {
	objects := make([]ManifestObject, len(r.Copied))
	for i, c := range r.Copied {
		objects[i] = ManifestObject{Path: c.Path, Size: c.Size, CRC32C: c.CRC32C, Digest: c.Digest}
	}
	return NewManifest(artifact, objects)
}

const (
	defaultStreams = 32
	defaultPart    = ChunkSize
	defaultBudget  = 128 << 20
	maxParts       = 10_000 // the least that S3, GCS and Azure allow
)

func (o Options) streams() int {
	if o.Streams > 0 {
		return o.Streams
	}
	return defaultStreams
}

func (o Options) pacing() *Pacing {
	if o.Pacing != nil {
		return o.Pacing
	}
	return new(Pacing)
}

func (o Options) budget() *Budget {
	switch {
	case o.Budget != nil:
		return o.Budget
	case o.MemoryBudget > 0:
		return NewBudget(o.MemoryBudget)
	default:
		return NewBudget(defaultBudget)
	}
}

// partSize is the size of the parts of an object of the given size.
func (o Options) partSize(size int64) int64 {
	part := int64(o.PartSize)
	if part <= 0 {
		part = defaultPart
	}
	if least := (size + maxParts - 1) / maxParts; least > part {
		part = (least + ChunkSize - 1) / ChunkSize * ChunkSize
	}
	return part
}

func (o Options) allow(ctx context.Context, h Hop) error {
	if o.Boundary == nil {
		return nil
	}
	if err := o.Boundary(ctx, h); err != nil {
		return refusal{err}
	}
	return nil
}
