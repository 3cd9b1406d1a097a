package fake

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// stage keeps a block. All uncommitted blocks of a blob have names of one length.
func (r *request) stage(data []byte) (*reply, error) {
	id := r.query.Get("blockid")
	name, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(name) == 0 || len(name) > 64 {
		return nil, refuse(http.StatusBadRequest, "InvalidQueryParameterValue")
	}
	if len(data) == 0 {
		return nil, refuse(http.StatusBadRequest, "InvalidHeaderValue")
	}
	sp := r.s.space(r.container)
	if sp.staged[r.key] == nil {
		sp.staged[r.key] = map[string][]byte{}
	}
	for other := range sp.staged[r.key] {
		if len(other) != len(id) {
			return nil, refuse(http.StatusBadRequest, "InvalidBlobOrBlock")
		}
	}
	sp.staged[r.key][id] = data
	return &reply{status: http.StatusCreated}, nil
}

func (r *request) putBlock() (*reply, error) {
	data, err := r.content()
	if err != nil {
		return nil, err
	}
	return r.stage(data)
}

// putBlockFromURL reads a range of a blob of this store.
func (r *request) putBlockFromURL() (*reply, error) {
	if r.s.opts.NoCopy {
		return nil, refuse(http.StatusNotImplemented, "APINotImplemented")
	}
	source, err := url.Parse(r.Header.Get("X-Ms-Copy-Source"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "InvalidSourceBlobUrl")
	}
	if granted(source.Query(), "r", true) != nil {
		return nil, refuse(http.StatusForbidden, "CannotVerifyCopySource")
	}
	path := strings.SplitN(strings.TrimPrefix(source.Path, "/"), "/", 3)
	from := r.s.space(path[1]).objects[path[2]]
	if from == nil {
		return nil, refuse(http.StatusNotFound, "CannotVerifyCopySource")
	}
	if match := r.Header.Get("X-Ms-Source-If-Match"); match != "" && match != from.tag {
		return nil, refuse(http.StatusPreconditionFailed, "SourceConditionNotMet")
	}
	first, end := 0, len(from.data)
	if wanted := r.Header.Get("X-Ms-Source-Range"); wanted != "" {
		if first, end, err = parseRange(wanted, len(from.data)); err != nil {
			return nil, err
		}
	}
	return r.stage(slices.Clone(from.data[first:end]))
}

// putBlocks makes a blob of blocks: of the uncommitted ones, else of those of the blob that is there.
func (r *request) putBlocks() (*reply, error) {
	var doc struct {
		XMLName   xml.Name `xml:"BlockList"`
		Latest    []string `xml:"Latest"`
		Committed []string `xml:"Committed"`
	}
	if err := xml.Unmarshal(r.body, &doc); err != nil || len(doc.Committed) > 0 {
		return nil, refuse(http.StatusBadRequest, "InvalidXmlDocument")
	}
	present := r.there()
	if err := r.check(present); err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	if present != nil {
		for _, b := range present.blocks {
			all[b.id] = b.data
		}
	}
	maps.Copy(all, r.s.space(r.container).staged[r.key])
	o := &object{}
	for _, id := range doc.Latest {
		data, ok := all[id]
		if !ok {
			return nil, refuse(http.StatusBadRequest, "InvalidBlockList")
		}
		o.blocks, o.data = append(o.blocks, block{id, data}), append(o.data, data...)
	}
	return r.put(o), nil
}

func (r *request) getBlocks() (*reply, error) {
	if r.query.Get("blocklisttype") != "uncommitted" {
		return nil, refuse(http.StatusNotImplemented, "APINotImplemented")
	}
	type blockDoc struct {
		Name string
		Size int
	}
	doc := struct {
		XMLName xml.Name   `xml:"BlockList"`
		Blocks  []blockDoc `xml:"UncommittedBlocks>Block"`
	}{}
	staged := r.s.space(r.container).staged[r.key]
	if len(staged) == 0 && r.there() == nil {
		return nil, refuse(http.StatusNotFound, "BlobNotFound")
	}
	for _, id := range slices.Sorted(maps.Keys(staged)) {
		doc.Blocks = append(doc.Blocks, blockDoc{id, len(staged[id])})
	}
	return &reply{doc: doc}, nil
}
