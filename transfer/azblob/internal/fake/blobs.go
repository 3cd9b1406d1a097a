package fake

import (
	"crypto/md5" //nolint:gosec // the protocol has it
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (r *request) there() *object { return r.s.space(r.container).objects[r.key] }

// content is the body, if its checksum is right. One without is refused: this package's client always sends it.
func (r *request) content() ([]byte, error) {
	sum := md5.Sum(r.body) //nolint:gosec // see above
	switch sent := r.Header.Get("Content-Md5"); {
	case sent == "" && r.query.Get("sig") == "":
		return nil, refuse(http.StatusBadRequest, "MissingRequiredHeader")
	case sent != "" && sent != base64.StdEncoding.EncodeToString(sum[:]):
		return nil, refuse(http.StatusBadRequest, "Md5Mismatch")
	}
	r.s.in += int64(len(r.body))
	return r.body, nil
}

func (r *request) putBlob() (*reply, error) {
	if r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
		return nil, refuse(http.StatusBadRequest, "InvalidBlobType")
	}
	data, err := r.content()
	if err != nil {
		return nil, err
	}
	if err := r.check(r.there()); err != nil {
		return nil, err
	}
	return r.put(&object{data: data}), nil
}

func (r *request) found() (*object, error) {
	o := r.there()
	if o == nil {
		return nil, refuse(http.StatusNotFound, "BlobNotFound")
	}
	return o, r.check(o)
}

func (r *request) remove() (*reply, error) {
	if _, err := r.found(); err != nil {
		return nil, err
	}
	delete(r.s.space(r.container).objects, r.key)
	return &reply{status: http.StatusAccepted}, nil
}

// described are the headers of an object.
func described(o *object) http.Header {
	header := o.header()
	header.Set("Content-Type", o.kind)
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	for k, v := range o.meta {
		header.Set("X-Ms-Meta-"+k, v)
	}
	return header
}

func (r *request) head() (*reply, error) {
	o, err := r.found()
	if err != nil {
		return nil, err
	}
	return &reply{header: described(o), size: len(o.data)}, nil
}

func (r *request) get() (*reply, error) {
	o, err := r.found()
	if err != nil {
		return nil, err
	}
	out := &reply{header: described(o), body: o.data}
	wanted := r.Header.Get("X-Ms-Range")
	if wanted == "" {
		wanted = r.Header.Get("Range")
	}
	if wanted != "" {
		first, end, err := parseRange(wanted, len(o.data))
		if err != nil {
			return nil, err
		}
		out.status, out.body = http.StatusPartialContent, o.data[first:end]
		out.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, len(o.data)))
	}
	r.s.out += int64(len(out.body))
	return out, nil
}

// parseRange reads "bytes=5-9" and "bytes=5-".
func parseRange(text string, size int) (first, end int, err error) {
	from, to, ok := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	first, err = strconv.Atoi(from)
	end = size
	if err == nil && to != "" {
		end, err = strconv.Atoi(to)
		end = min(end+1, size)
	}
	if err != nil || !ok {
		return 0, 0, refuse(http.StatusBadRequest, "InvalidHeaderValue")
	}
	if first >= size {
		return 0, 0, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
	}
	return first, end, nil
}

type listDoc struct {
	XMLName    xml.Name  `xml:"EnumerationResults"`
	Blobs      []blobDoc `xml:"Blobs>Blob"`
	NextMarker string    `xml:"NextMarker"`
}

type blobDoc struct {
	Name       string
	Properties struct {
		Etag          string
		LastModified  string `xml:"Last-Modified"`
		ContentLength int    `xml:"Content-Length"`
		ContentType   string `xml:"Content-Type"`
		BlobType      string
	}
	Metadata metaDoc
}

// metaDoc is written as an element for each key.
type metaDoc map[string]string

// MarshalXML writes the elements.
func (m metaDoc) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if err := e.EncodeElement(m[k], xml.StartElement{Name: xml.Name{Local: k}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// list answers with a page; its marker is the first key of the next one.
func (r *request) list() (*reply, error) {
	if r.query.Get("restype") != "container" {
		return nil, refuse(http.StatusNotImplemented, "APINotImplemented")
	}
	objects := r.s.space(r.container).objects
	doc := listDoc{}
	for _, k := range slices.Sorted(maps.Keys(objects)) {
		if !strings.HasPrefix(k, r.query.Get("prefix")) || k < r.query.Get("marker") {
			continue
		}
		if len(doc.Blobs) == r.s.opts.PageSize {
			doc.NextMarker = k
			break
		}
		o := objects[k]
		b := blobDoc{Name: k}
		if r.query.Get("include") == "metadata" {
			b.Metadata = o.meta
		}
		b.Properties.Etag, b.Properties.LastModified = o.tag, o.modified.Format(http.TimeFormat)
		b.Properties.ContentLength, b.Properties.ContentType, b.Properties.BlobType = len(o.data), o.kind, "BlockBlob"
		doc.Blobs = append(doc.Blobs, b)
	}
	return &reply{doc: doc}, nil
}
