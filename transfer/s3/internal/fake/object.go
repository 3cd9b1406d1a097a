package fake

import (
	"crypto/md5" //nolint:gosec // the protocol has it
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func sumOf(p []byte) string {
	sum := crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli))
	return base64.StdEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

func tagOf(p []byte) string {
	sum := md5.Sum(p) //nolint:gosec // see above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// content makes the body an object, if it is what its headers say.
func (r *request) content() (*object, error) {
	o := &object{data: r.body, tag: tagOf(r.body), ctype: r.Header.Get("Content-Type"), meta: map[string]string{}}
	sum := md5.Sum(r.body) //nolint:gosec // see above
	if want := r.Header.Get("Content-MD5"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, refuse(http.StatusBadRequest, "BadDigest")
	}
	if want := r.Header.Get("X-Amz-Checksum-Crc32c"); want != "" && !r.s.opts.NoSums {
		o.crc, o.kind = sumOf(r.body), "FULL_OBJECT"
		if want != o.crc {
			return nil, refuse(http.StatusBadRequest, "BadDigest")
		}
	}
	for name, values := range r.Header {
		if k, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			o.meta[strings.ToLower(k)] = values[0]
		}
	}
	return o, nil
}

func (r *request) put() (*reply, error) {
	o, err := r.content()
	if err != nil {
		return nil, err
	}
	if err := r.s.allowed(r.bucket, r.key, r.Header); err != nil {
		return nil, err
	}
	r.s.store(r.bucket, r.key, o)
	return &reply{header: r.describe(o, false)}, nil
}

// describe are the headers that tell what an object is.
func (r *request) describe(o *object, attributes bool) http.Header {
	h := http.Header{}
	h.Set("ETag", o.tag)
	if o.crc != "" {
		h.Set("X-Amz-Checksum-Crc32c", r.told(o.crc))
		h.Set("X-Amz-Checksum-Type", o.kind)
	}
	if !attributes {
		return h
	}
	if r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
		h.Del("X-Amz-Checksum-Crc32c")
	}
	h.Set("Last-Modified", o.modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	if o.ctype == "" {
		h.Set("Content-Type", "binary/octet-stream")
	} else {
		h.Set("Content-Type", o.ctype)
	}
	for k, v := range o.meta {
		h.Set("X-Amz-Meta-"+k, v)
	}
	return h
}

// told is the checksum that is answered.
func (r *request) told(crc string) string {
	if r.fault.WrongSum {
		return sumOf([]byte("wrong"))
	}
	return crc
}

func (r *request) head() (*reply, error) {
	out, err := r.read()
	if err != nil {
		return nil, err
	}
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return out, nil
}

func (r *request) get() (*reply, error) { return r.read() }

func (r *request) read() (*reply, error) {
	o, err := r.s.find(r.bucket, r.key)
	if err != nil {
		return nil, err
	}
	if match := r.Header.Get("If-Match"); match != "" && match != o.tag && !r.fault.Stale {
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	out := &reply{header: r.describe(o, true), body: o.data}
	if n := r.URL.Query().Get("partNumber"); n != "" {
		if n != "1" {
			return nil, refuse(http.StatusNotImplemented, "NotImplemented")
		}
		out.status = http.StatusPartialContent
		if len(o.parts) > 0 {
			out.body = o.data[:o.parts[0]]
			out.header.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(o.parts)))
		}
		return out, nil
	}
	text := r.Header.Get("Range")
	if text == "" || r.fault.Whole {
		return out, nil
	}
	first, last, err := span(text, len(o.data))
	if err != nil {
		return nil, err
	}
	out.status, out.body = http.StatusPartialContent, o.data[first:last+1]
	out.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.data)))
	out.header.Del("X-Amz-Checksum-Crc32c")
	return out, nil
}

// span reads "bytes=1-5" or "bytes=1-".
func span(text string, size int) (first, last int, err error) {
	from, to, _ := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	first, err = strconv.Atoi(from)
	if err != nil {
		return 0, 0, refuse(http.StatusBadRequest, "InvalidArgument")
	}
	last = size - 1
	if to != "" {
		n, err := strconv.ParseInt(to, 10, 64)
		if err != nil {
			return 0, 0, refuse(http.StatusBadRequest, "InvalidArgument")
		}
		last = int(min(n, int64(last)))
	}
	if first >= size || first > last {
		return 0, 0, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
	}
	return first, last, nil
}

func (r *request) remove() (*reply, error) {
	if err := r.s.allowed(r.bucket, r.key, r.Header); err != nil {
		return nil, err
	}
	delete(r.s.buckets[r.bucket], r.key)
	return &reply{status: http.StatusNoContent}, nil
}

// source is the object that a copy is made of.
func (r *request) source() (*object, error) {
	path, err := url.PathUnescape(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil || strings.Contains(r.Header.Get("X-Amz-Copy-Source"), "+") {
		return nil, refuse(http.StatusBadRequest, "InvalidArgument")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	o, err := r.s.find(bucket, key)
	if err != nil {
		return nil, err
	}
	if match := r.Header.Get("X-Amz-Copy-Source-If-Match"); match != "" && match != o.tag {
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	return o, nil
}

type copyDoc struct {
	XMLName        xmlName
	ETag           string `xml:"ETag"`
	LastModified   string `xml:"LastModified"`
	ChecksumCRC32C string `xml:"ChecksumCRC32C,omitempty"`
	ChecksumType   string `xml:"ChecksumType,omitempty"`
}

func (r *request) copied(name string, o *object) *reply {
	doc := copyDoc{XMLName: xmlName{Local: name}, ETag: o.tag, LastModified: r.s.opts.Now().UTC().Format(time.RFC3339)}
	if o.crc != "" {
		doc.ChecksumCRC32C, doc.ChecksumType = r.told(o.crc), o.kind
	}
	return &reply{doc: doc}
}

func (r *request) copy() (*reply, error) {
	from, err := r.source()
	if err != nil {
		return nil, err
	}
	if len(r.body) > 0 || r.Header.Get("X-Amz-Metadata-Directive") != "REPLACE" {
		return nil, refuse(http.StatusNotImplemented, "NotImplemented")
	}
	o, err := r.content()
	if err != nil {
		return nil, err
	}
	if err := r.s.allowed(r.bucket, r.key, r.Header); err != nil {
		return nil, err
	}
	o.data, o.tag = from.data, tagOf(from.data)
	if r.Header.Get("X-Amz-Checksum-Algorithm") == "CRC32C" && !r.s.opts.NoSums {
		o.crc, o.kind = sumOf(o.data), "FULL_OBJECT"
	}
	r.s.store(r.bucket, r.key, o)
	return r.copied("CopyObjectResult", o), nil
}
