package fake

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the protocol has it
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

type xmlName = xml.Name

func (r *request) create() (*reply, error) {
	like, err := r.content()
	if err != nil {
		return nil, err
	}
	u := &upload{bucket: r.bucket, key: r.key, like: *like, parts: map[int]*object{}, begun: r.s.opts.Now().UTC()}
	switch algorithm, kind := r.Header.Get("X-Amz-Checksum-Algorithm"), r.Header.Get("X-Amz-Checksum-Type"); {
	case algorithm == "" && kind == "" || r.s.opts.NoSums:
	case algorithm != "CRC32C" || kind == "FULL_OBJECT" && r.s.opts.PartSums:
		return nil, refuse(http.StatusBadRequest, "InvalidRequest")
	default:
		u.sums, u.like.kind = true, kind
	}
	r.s.serial++
	id := fmt.Sprintf("upload-%d", r.s.serial)
	r.s.uploads[id] = u
	return &reply{doc: struct {
		XMLName  xmlName `xml:"InitiateMultipartUploadResult"`
		UploadID string  `xml:"UploadId"`
	}{UploadID: id}}, nil
}

func (r *request) upload() (*upload, error) {
	u, ok := r.s.uploads[r.URL.Query().Get("uploadId")]
	if !ok || u.bucket != r.bucket || u.key != r.key {
		return nil, refuse(http.StatusNotFound, "NoSuchUpload")
	}
	return u, nil
}

// number is the part's, and its upload.
func (r *request) number() (int, *upload, error) {
	n, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil || n < 1 || n > 10_000 {
		return 0, nil, refuse(http.StatusBadRequest, "InvalidArgument")
	}
	u, err := r.upload()
	return n, u, err
}

func (r *request) part() (*reply, error) {
	n, u, err := r.number()
	if err != nil {
		return nil, err
	}
	if u.sums && r.Header.Get("X-Amz-Checksum-Crc32c") == "" {
		return nil, refuse(http.StatusBadRequest, "InvalidRequest")
	}
	o, err := r.content()
	if err != nil {
		return nil, err
	}
	o.modified = r.s.opts.Now().UTC()
	r.s.tag(o)
	u.parts[n] = o
	return &reply{header: r.describe(o, false)}, nil
}

func (r *request) partCopy() (*reply, error) {
	n, u, err := r.number()
	if err != nil {
		return nil, err
	}
	from, err := r.source()
	if err != nil {
		return nil, err
	}
	data := from.data
	if text := r.Header.Get("X-Amz-Copy-Source-Range"); text != "" {
		first, last, err := span(text, len(data))
		if err != nil {
			return nil, err
		}
		data = data[first : last+1]
	}
	o := &object{data: data, tag: tagOf(data), modified: r.s.opts.Now().UTC()}
	if u.sums {
		o.crc = sumOf(data)
	}
	r.s.tag(o)
	u.parts[n] = o
	return r.copied("CopyPartResult", o), nil
}

// tag gives a part a tag that is no digest, in a store that has such.
func (s *Store) tag(o *object) {
	if s.opts.RandomTags {
		s.serial++
		o.tag = fmt.Sprintf(`"%032x"`, s.serial)
	}
}

type completeDoc struct {
	Parts []struct {
		PartNumber     int    `xml:"PartNumber"`
		ETag           string `xml:"ETag"`
		ChecksumCRC32C string `xml:"ChecksumCRC32C"`
	} `xml:"Part"`
}

// listed are the parts that a request names, in order.
func (r *request) listed(u *upload) ([]*object, error) {
	var doc completeDoc
	if err := xml.Unmarshal(r.body, &doc); err != nil || len(doc.Parts) == 0 {
		return nil, refuse(http.StatusBadRequest, "MalformedXML")
	}
	parts := make([]*object, len(doc.Parts))
	last := 0
	for i, p := range doc.Parts {
		if p.PartNumber <= last {
			return nil, refuse(http.StatusBadRequest, "InvalidPartOrder")
		}
		o, ok := u.parts[p.PartNumber]
		composite := u.sums && u.like.kind == "COMPOSITE"
		if !ok || o.tag != p.ETag || composite && p.ChecksumCRC32C == "" ||
			p.ChecksumCRC32C != "" && p.ChecksumCRC32C != o.crc && !r.s.opts.NoSums {
			return nil, refuse(http.StatusBadRequest, "InvalidPart")
		}
		parts[i], last = o, p.PartNumber
	}
	return parts, r.s.sizes(parts)
}

// sizes checks the sizes of parts.
func (s *Store) sizes(parts []*object) error {
	first := len(parts[0].data)
	for i, p := range parts {
		n, last := len(p.data), i+1 == len(parts)
		if !last && int64(n) < s.opts.MinPart {
			return refuse(http.StatusBadRequest, "EntityTooSmall")
		}
		if s.opts.EqualParts && (n > first || !last && n != first) {
			return refuse(http.StatusBadRequest, "InvalidPart")
		}
	}
	return nil
}

func (r *request) complete() (*reply, error) {
	u, err := r.upload()
	if err != nil {
		return nil, err
	}
	parts, err := r.listed(u)
	if err != nil {
		return nil, err
	}
	o := join(u, parts)
	if want := r.Header.Get("X-Amz-Mp-Object-Size"); want != "" && want != strconv.Itoa(len(o.data)) {
		return nil, refuse(http.StatusBadRequest, "InvalidRequest")
	}
	if want := r.Header.Get("X-Amz-Checksum-Crc32c"); want != "" && !r.s.opts.NoSums && want != o.crc {
		return nil, refuse(http.StatusBadRequest, "BadDigest")
	}
	if err := r.s.allowed(r.bucket, r.key, r.Header); err != nil {
		return nil, err
	}
	r.s.store(r.bucket, r.key, o)
	delete(r.s.uploads, r.URL.Query().Get("uploadId"))
	doc := copyDoc{XMLName: xmlName{Local: "CompleteMultipartUploadResult"}, ETag: o.tag}
	if o.crc != "" {
		doc.ChecksumCRC32C, doc.ChecksumType = r.told(o.crc), o.kind
	}
	if r.fault.NoTag {
		return &reply{}, nil
	}
	return &reply{doc: doc}, nil
}

// join makes parts an object.
func join(u *upload, parts []*object) *object {
	o := u.like
	o.parts = make([]int64, len(parts))
	var data, tags, sums bytes.Buffer
	for i, p := range parts {
		o.parts[i] = int64(len(p.data))
		_, _ = data.Write(p.data) // a bytes.Buffer never fails
		tag, _ := hex.DecodeString(p.tag[1 : len(p.tag)-1])
		_, _ = tags.Write(tag)
		sum, _ := base64.StdEncoding.DecodeString(p.crc)
		_, _ = sums.Write(sum)
	}
	o.data = data.Bytes()
	sum := md5.Sum(tags.Bytes()) //nolint:gosec // see above
	o.tag = fmt.Sprintf(`"%x-%d"`, sum, len(parts))
	switch {
	case !u.sums:
	case o.kind == "FULL_OBJECT":
		o.crc = sumOf(o.data)
	default:
		o.crc = fmt.Sprintf("%s-%d", sumOf(sums.Bytes()), len(parts))
	}
	return &o
}

func (r *request) abort() (*reply, error) {
	if _, err := r.upload(); err != nil {
		return nil, err
	}
	delete(r.s.uploads, r.URL.Query().Get("uploadId"))
	return &reply{status: http.StatusNoContent}, nil
}

type partDoc struct {
	PartNumber     int    `xml:"PartNumber"`
	ETag           string `xml:"ETag"`
	Size           int    `xml:"Size"`
	LastModified   string `xml:"LastModified"`
	ChecksumCRC32C string `xml:"ChecksumCRC32C,omitempty"`
}

type partsDoc struct {
	XMLName     xmlName   `xml:"ListPartsResult"`
	IsTruncated bool      `xml:"IsTruncated"`
	Next        int       `xml:"NextPartNumberMarker,omitempty"`
	Parts       []partDoc `xml:"Part"`
}

func (r *request) listParts() (*reply, error) {
	u, err := r.upload()
	if err != nil {
		return nil, err
	}
	marker, err := strconv.Atoi("0" + r.URL.Query().Get("part-number-marker"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "InvalidArgument")
	}
	var doc partsDoc
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		if n <= marker {
			continue
		}
		if len(doc.Parts) == r.s.opts.PageSize {
			doc.IsTruncated, doc.Next = true, doc.Parts[len(doc.Parts)-1].PartNumber
			break
		}
		p := u.parts[n]
		doc.Parts = append(doc.Parts, partDoc{n, p.tag, len(p.data), p.modified.Format(time.RFC3339), p.crc})
	}
	return &reply{doc: doc}, nil
}
