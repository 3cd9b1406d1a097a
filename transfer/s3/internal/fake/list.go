package fake

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type entryDoc struct {
	Key          string `xml:"Key"`
	ETag         string `xml:"ETag"`
	Size         int    `xml:"Size"`
	LastModified string `xml:"LastModified"`
}

type prefixDoc struct {
	Prefix string `xml:"Prefix"`
}

type listDoc struct {
	XMLName      xmlName     `xml:"ListBucketResult"`
	EncodingType string      `xml:"EncodingType,omitempty"`
	IsTruncated  bool        `xml:"IsTruncated"`
	Next         string      `xml:"NextContinuationToken,omitempty"`
	Contents     []entryDoc  `xml:"Contents"`
	Prefixes     []prefixDoc `xml:"CommonPrefixes"`
}

// encode is what encoding-type=url asks for.
func encode(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }

func (r *request) list() (*reply, error) {
	q := r.URL.Query()
	if q.Get("encoding-type") != "url" { // not every key fits into XML
		return nil, refuse(http.StatusNotImplemented, "NotImplemented")
	}
	most := r.s.opts.PageSize
	if text := q.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidArgument")
		}
		most = min(n, most)
	}
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		after = token
	}
	doc := listDoc{EncodingType: "url"}
	last := ""
	for _, key := range slices.Sorted(maps.Keys(r.s.buckets[r.bucket])) {
		entry := entryOf(key, q.Get("prefix"), q.Get("delimiter"))
		if entry == "" || key <= after || entry == last || strings.HasSuffix(after, "/") && entry == after && entry != key {
			continue
		}
		if len(doc.Contents)+len(doc.Prefixes) == most {
			doc.IsTruncated, doc.Next = true, last
			break
		}
		last = entry
		if entry != key {
			doc.Prefixes = append(doc.Prefixes, prefixDoc{encode(entry)})
			continue
		}
		o := r.s.buckets[r.bucket][key]
		doc.Contents = append(doc.Contents, entryDoc{encode(key), o.tag, len(o.data), o.modified.Truncate(time.Second).Format(time.RFC3339)})
	}
	return &reply{doc: doc}, nil
}

// entryOf is how a key shows in a listing: itself, the folder it lies in, or not at all.
func entryOf(key, prefix, delimiter string) string {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return ""
	}
	if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
		return prefix + rest[:i+len(delimiter)]
	}
	return key
}

type uploadDoc struct {
	Key       string `xml:"Key"`
	UploadID  string `xml:"UploadId"`
	Initiated string `xml:"Initiated"`
}

func (r *request) listUploads() (*reply, error) {
	var doc struct {
		XMLName     xmlName     `xml:"ListMultipartUploadsResult"`
		IsTruncated bool        `xml:"IsTruncated"`
		Uploads     []uploadDoc `xml:"Upload"`
	}
	for _, id := range slices.Sorted(maps.Keys(r.s.uploads)) {
		if u := r.s.uploads[id]; u.bucket == r.bucket {
			doc.Uploads = append(doc.Uploads, uploadDoc{u.key, id, u.begun.Format(time.RFC3339Nano)})
		}
	}
	return &reply{doc: doc}, nil
}
