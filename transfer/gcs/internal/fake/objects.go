package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// attributes is the part of a resource that a client may send.
type attributes struct {
	Bucket      string            `json:"bucket"`
	Name        string            `json:"name"`
	ContentType string            `json:"contentType"`
	CRC32C      string            `json:"crc32c"`
	Metadata    map[string]string `json:"metadata"`
}

func strictJSON(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return refuse(http.StatusBadRequest, "the document cannot be read: "+err.Error())
	}
	return nil
}

// insert takes a document and content in one body of two parts.
func (r *request) insert() (*reply, error) {
	if r.query.Get("uploadType") != "multipart" {
		return nil, refuse(http.StatusNotImplemented, "uploadType")
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the content type cannot be read")
	}
	both := multipart.NewReader(bytes.NewReader(r.body), params["boundary"])
	doc, _, err := nextPart(both)
	if err != nil {
		return nil, err
	}
	data, kind, err := nextPart(both)
	if err != nil {
		return nil, err
	}
	var a attributes
	if err := strictJSON(doc, &a); err != nil {
		return nil, err
	}
	if err := checkCRC(a.CRC32C, data); err != nil {
		return nil, err
	}
	if err := check(r.there(), r.query.Get("ifGenerationMatch")); err != nil {
		return nil, err
	}
	if a.ContentType != "" {
		kind = a.ContentType
	}
	r.s.in += int64(len(data))
	return r.stored(&object{data: data, kind: kind, meta: a.Metadata}), nil
}

func nextPart(from *multipart.Reader) ([]byte, string, error) {
	part, err := from.NextPart()
	if err != nil {
		return nil, "", refuse(http.StatusBadRequest, "the body ends early")
	}
	data, err := io.ReadAll(part)
	if err != nil {
		return nil, "", refuse(http.StatusBadRequest, "the body ends early")
	}
	return data, part.Header.Get("Content-Type"), nil
}

func (r *request) there() *object { return r.s.buckets[r.bucket][r.key] }

// stored stores an object under the request's key.
func (r *request) stored(o *object) *reply {
	return &reply{doc: r.resource(r.bucket, r.key, r.s.put(r.bucket, r.key, o))}
}

func notFound(key string) error { return refuse(http.StatusNotFound, "No such object: "+key) }

// found is the object, under the request's condition. What is not there is missing, whatever the condition.
func (r *request) found(condition string) (*object, error) {
	o := r.there()
	if o == nil {
		return nil, notFound(r.key)
	}
	return o, check(o, condition)
}

func (r *request) get() (*reply, error) {
	o, err := r.found(r.query.Get("ifGenerationMatch"))
	if err != nil {
		return nil, err
	}
	return &reply{doc: r.resource(r.bucket, r.key, o)}, nil
}

func (r *request) remove() (*reply, error) {
	if _, err := r.found(r.query.Get("ifGenerationMatch")); err != nil {
		return nil, err
	}
	delete(r.s.buckets[r.bucket], r.key)
	return &reply{status: http.StatusNoContent}, nil
}

func (r *request) read() (*reply, error) {
	if r.query.Has("X-Goog-Signature") {
		if err := r.signed(); err != nil {
			return nil, err
		}
	}
	o, err := r.found(r.Header.Get("X-Goog-If-Generation-Match"))
	if err != nil {
		return nil, err
	}
	if want := r.query.Get("generation"); want != "" && want != fmt.Sprint(o.generation) {
		return nil, notFound(r.key)
	}
	return r.content(o)
}

// content is the range of an object that the request wants.
func (r *request) content(o *object) (*reply, error) {
	out := &reply{header: http.Header{
		"X-Goog-Generation": {fmt.Sprint(o.generation)}, "X-Goog-Hash": {"crc32c=" + encodeCRC(o.crc)}, "Content-Type": {o.kind},
	}, body: o.data}
	if wanted := r.Header.Get("Range"); wanted != "" {
		first, last, err := parseRange(wanted, len(o.data))
		if err != nil {
			return nil, err
		}
		out.status, out.body = http.StatusPartialContent, o.data[first:last+1]
		out.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.data)))
	}
	r.s.out += int64(len(out.body))
	return out, nil
}

// parseRange reads "bytes=5-9" and "bytes=5-".
func parseRange(text string, size int) (first, last int, err error) {
	from, to, ok := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	first, err = strconv.Atoi(from)
	last = size - 1
	if err == nil && to != "" {
		last, err = strconv.Atoi(to)
		last = min(last, size-1)
	}
	if err != nil || !ok {
		return 0, 0, refuse(http.StatusBadRequest, "the range cannot be read")
	}
	if first >= size {
		return 0, 0, refuse(http.StatusRequestedRangeNotSatisfiable, "The requested range cannot be satisfied.")
	}
	return first, last, nil
}

func sortedKeys(from map[string]*object, prefix string) []string {
	all := slices.Sorted(maps.Keys(from))
	return slices.DeleteFunc(all, func(k string) bool { return !strings.HasPrefix(k, prefix) })
}

// list answers with a page; its token is the last key of the page before.
func (r *request) list() (*reply, error) {
	size := r.s.opts.PageSize
	if most, err := strconv.Atoi(r.query.Get("maxResults")); err == nil {
		size = min(size, most)
	}
	var items []map[string]any
	doc := map[string]any{"kind": "storage#objects"}
	last := ""
	for _, k := range sortedKeys(r.s.buckets[r.bucket], r.query.Get("prefix")) {
		if k <= r.query.Get("pageToken") {
			continue
		}
		if len(items) == size {
			doc["nextPageToken"] = last
			break
		}
		items, last = append(items, r.resource(r.bucket, k, r.s.buckets[r.bucket][k])), k
	}
	doc["items"] = items
	return &reply{doc: doc}, nil
}
