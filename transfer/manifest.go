package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
)

// manifestVersion is the format this package writes, and the only one it reads.
const manifestVersion = 1

// Manifest is the list of objects that make one artifact. Objects become an artifact when the manifest is written;
// readers go by it alone, so a set of objects appears all at once.
type Manifest struct {
	Version  int              `json:"version"` // of the format: 1
	Artifact string           `json:"artifact,omitempty"`
	Objects  []ManifestObject `json:"objects"` // in ascending order of path
	Bytes    unit.Bytes       `json:"bytes"`   // of all objects
	Digest   Digest           `json:"digest"`  // of the list of objects; the artifact's name is not part of it
}

// ManifestObject is one object of a manifest.
type ManifestObject struct {
	Path   string     `json:"path"` // below the artifact's prefix; a key in its own right
	Size   unit.Bytes `json:"size"`
	CRC32C uint32     `json:"crc32c"`
	Digest Digest     `json:"digest,omitempty"`
}

// Sum is the sum of the object's content.
func (o ManifestObject) Sum() Sum { return Sum{o.Size, o.CRC32C, o.Digest} }

// NewManifest makes a manifest of objects, in any order. artifact is a name for people and may be empty.
func NewManifest(artifact string, objects []ManifestObject) Manifest {
	m := Manifest{Version: manifestVersion, Artifact: artifact, Objects: slices.Clone(objects)}
	if m.Objects == nil {
		m.Objects = []ManifestObject{}
	}
	slices.SortFunc(m.Objects, func(a, b ManifestObject) int { return strings.Compare(a.Path, b.Path) })
	for _, o := range m.Objects {
		m.Bytes += o.Size
	}
	m.Digest = setDigest(m.Objects)
	return m
}

// setDigest hashes a line for each object: path, size, checksum and digest with NUL between and a line feed after.
// No path holds a NUL, so different lists never give the same text.
func setDigest(objects []ManifestObject) Digest {
	var text []byte
	for _, o := range objects {
		text = fmt.Appendf(text, "%s\x00%d\x00%08x\x00%s\n", o.Path, int64(o.Size), o.CRC32C, o.Digest)
	}
	return hexDigest(digestSet, text)
}

// Encode is the JSON form of the manifest: equal manifests give equal bytes. A manifest that is not sound is an error.
func (m Manifest) Encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// ParseManifest reads the JSON form and checks it: version, order, paths, total and digest. A manifest that is damaged
// or contradicts itself is ErrCorrupt, as is one of a version this package does not know.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("parse manifest: %w: %w", ErrCorrupt, err)
	}
	if m.Objects == nil {
		m.Objects = []ManifestObject{}
	}
	if err := m.check(); err != nil {
		return Manifest{}, fmt.Errorf("parse manifest: %w", err)
	}
	return m, nil
}

func (m Manifest) check() error {
	if m.Version != manifestVersion {
		return fmt.Errorf("format version %d, this program reads %d: %w", m.Version, manifestVersion, ErrCorrupt)
	}
	var total unit.Bytes
	for i, o := range m.Objects {
		if err := o.check(); err != nil {
			return fmt.Errorf("object %d: %w: %w", i, ErrCorrupt, err)
		}
		if i > 0 && m.Objects[i-1].Path >= o.Path {
			return fmt.Errorf("object %d, %q, is not after %q: %w", i, o.Path, m.Objects[i-1].Path, ErrCorrupt)
		}
		if o.Size > math.MaxInt64-total {
			return fmt.Errorf("the sizes add up to more than 64 bits hold: %w", ErrCorrupt)
		}
		total += o.Size
	}
	if total != m.Bytes {
		return fmt.Errorf("the sizes add up to %d bytes, the total says %d: %w", int64(total), int64(m.Bytes), ErrCorrupt)
	}
	if want := setDigest(m.Objects); want != m.Digest {
		return fmt.Errorf("the objects have digest %s, the manifest says %q: %w", want, m.Digest, ErrCorrupt)
	}
	return nil
}

func (o ManifestObject) check() error {
	if err := CheckKey(o.Path); err != nil {
		return err
	}
	if o.Size < 0 {
		return fmt.Errorf("%q has size %d: %w", o.Path, int64(o.Size), ErrInvalid)
	}
	_, err := ParseDigest(string(o.Digest))
	return err
}

// ReadManifest reads and checks the manifest stored at key.
func ReadManifest(ctx context.Context, b Bucket, key string) (Manifest, error) {
	data, _, err := Get(ctx, b, key)
	if err != nil {
		return Manifest{}, err
	}
	m, err := ParseManifest(data)
	if err != nil {
		return Manifest{}, &Error{Op: "read", Bucket: Name(b), Key: key, Err: err}
	}
	return m, nil
}

// WriteManifest publishes a manifest at key, which appears at once and for good: writing the same manifest again is no
// error, while another one already there is ErrConflict and stays.
func WriteManifest(ctx context.Context, b Bucket, key string, m Manifest) error {
	return writeManifest(ctx, b, key, m, CreateOptions{IfAbsent: true})
}

func writeManifest(ctx context.Context, b Bucket, key string, m Manifest, opts CreateOptions) error {
	data, err := m.Encode()
	if err != nil {
		return &Error{Op: "create", Bucket: Name(b), Key: key, Err: err}
	}
	_, err = Put(ctx, b, key, data, opts)
	if err == nil || errors.Is(err, ErrInvalid) {
		return err
	}
	// The key is taken, or the answer was lost after the store had acted: what is there decides.
	there, _, readErr := Get(context.WithoutCancel(ctx), b, key)
	if readErr == nil && bytes.Equal(there, data) {
		return nil
	}
	return err
}
