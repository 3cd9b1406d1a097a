package file

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// attributes are what a file cannot hold. They lie in a side file whose name is made of key and version: they hold for
// that version only, and one that was replaced by another program has none.
type attributes struct {
	Key         string            `json:"key"`
	Version     string            `json:"version"`
	CRC32C      uint32            `json:"crc32c"`
	ContentType string            `json:"content_type,omitempty"`
	Meta        map[string]string `json:"meta,omitempty"`
}

func sideFile(key, version string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + version))
	return metaDir + "/" + hex.EncodeToString(sum[:16])
}

// remember writes the attributes of an object that is about to appear. A checksum alone may be lost in a crash of the
// machine, where it would be computed again; what the user gave may not.
func (b *Bucket) remember(a attributes) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	name := sideFile(a.Key, a.Version)
	f, err := b.createFile(name)
	if err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	if a.ContentType == "" && a.Meta == nil {
		return nil
	}
	if err := b.sync(name); err != nil {
		return err
	}
	return b.syncDir(metaDir)
}

// recall fills in the attributes of an object, where there are some. A side file torn by a crash is as good as none.
func (b *Bucket) recall(o *transfer.Object) {
	data, err := b.readInside(sideFile(o.Key, o.Version))
	if err != nil {
		return
	}
	var a attributes
	if json.Unmarshal(data, &a) != nil || a.Key != o.Key || a.Version != o.Version {
		return
	}
	a.fill(o)
}

func (a attributes) fill(o *transfer.Object) {
	o.CRC32C, o.HasCRC, o.ContentType, o.Meta = a.CRC32C, true, a.ContentType, maps.Clone(a.Meta)
}

// describe is the object that has just been made of a file.
func (a attributes) describe(info os.FileInfo) transfer.Object {
	o := transfer.Object{Key: a.Key, Size: unit.Bytes(info.Size()), Version: a.Version, Modified: info.ModTime().UTC()}
	a.fill(&o)
	return o
}

// forget removes the attributes of a version that is no more. What is left when that fails is small and never read.
func (b *Bucket) forget(key, version string) { _ = b.removeInside(sideFile(key, version)) }
