package fake

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// request is one request on its way.
type request struct {
	*http.Request
	s           *Store
	bucket, key string
	body        []byte
	fault       Fault
}

// reply is what is answered.
type reply struct {
	status int
	header http.Header
	body   []byte // of an object; else doc
	doc    any
}

func (s *Store) operations() map[string]func(*request) (*reply, error) {
	return map[string]func(*request) (*reply, error){
		"GET key": (*request).get, "HEAD key": (*request).head, "PUT key": (*request).put, "DELETE key": (*request).remove,
		"PUT key copy": (*request).copy, "POST key uploads": (*request).create, "PUT key part": (*request).part,
		"PUT key part copy": (*request).partCopy, "POST key id": (*request).complete, "DELETE key id": (*request).abort,
		"GET key id": (*request).listParts, "GET uploads": (*request).listUploads, "GET list": (*request).list,
	}
}

func names() map[string]string {
	return map[string]string{
		"GET key": "GetObject", "HEAD key": "HeadObject", "PUT key": "PutObject", "DELETE key": "DeleteObject", "PUT key copy": "CopyObject",
		"POST key uploads": "CreateMultipartUpload", "PUT key part": "UploadPart", "PUT key part copy": "UploadPartCopy",
		"POST key id": "CompleteMultipartUpload", "DELETE key id": "AbortMultipartUpload", "GET key id": "ListParts",
		"GET uploads": "ListMultipartUploads", "GET list": "ListObjectsV2",
	}
}

// route tells which operation a request is.
func route(r *http.Request, key string) string {
	q := r.URL.Query()
	kind := r.Method
	if key != "" {
		kind += " key"
	}
	switch {
	case q.Has("partNumber") && q.Has("uploadId"):
		kind += " part"
	case q.Has("uploadId"):
		kind += " id"
	case q.Has("uploads"):
		kind += " uploads"
	case q.Get("list-type") == "2":
		kind += " list"
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		kind += " copy"
	}
	return kind
}

// known are the headers a store must understand; one that is not here is refused, not ignored.
func known(name string) bool {
	return strings.HasPrefix(name, "X-Amz-Meta-") || slices.Contains([]string{
		"X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amz-Copy-Source", "X-Amz-Copy-Source-If-Match",
		"X-Amz-Copy-Source-Range", "X-Amz-Metadata-Directive", "X-Amz-Checksum-Algorithm", "X-Amz-Checksum-Type", "X-Amz-Checksum-Mode",
		"X-Amz-Checksum-Crc32c", "X-Amz-Mp-Object-Size", "X-Amz-Sdk-Checksum-Algorithm",
	}, name)
}

// ServeHTTP answers a request.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	kind := route(r, key)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // nobody is there any more
	}
	req := &request{Request: r, s: s, bucket: bucket, key: key, body: body}
	op := names()[kind]
	s.mu.Lock()
	call := Call{Op: op, Key: key, N: s.calls[op]}
	s.calls[op]++
	s.in += int64(len(body))
	s.mu.Unlock()
	if s.opts.Fault != nil {
		req.fault = s.opts.Fault(call)
	}
	s.answer(w, req, s.operations()[kind])
}

func (s *Store) answer(w http.ResponseWriter, req *request, do func(*request) (*reply, error)) {
	f := req.fault
	if f.Status == http.StatusOK {
		write(w, req, &reply{doc: failure(f.Code)})
		return
	}
	var out *reply
	err := req.check(do != nil)
	if err == nil && f.Status != 0 {
		err = refuse(f.Status, f.Code)
	}
	if err == nil {
		s.mu.Lock()
		out, err = do(req)
		s.mu.Unlock()
	}
	if f.Lose {
		panic(http.ErrAbortHandler) // the way the server of the standard library breaks a connection
	}
	if err != nil {
		out = refused(err)
	}
	write(w, req, out)
}

// check refuses what the fake does not know.
func (r *request) check(op bool) error {
	if !op {
		return refuse(http.StatusNotImplemented, "NotImplemented")
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") && !r.URL.Query().Has("X-Amz-Signature") {
		return refuse(http.StatusForbidden, "AccessDenied")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if strings.HasPrefix(name, "X-Amz-") && !known(name) {
			return fmt.Errorf("header %s: %w", name, refuse(http.StatusNotImplemented, "NotImplemented"))
		}
	}
	if len(r.key) > 1024 {
		return refuse(http.StatusBadRequest, "KeyTooLongError")
	}
	return nil
}

type errorDoc struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`
}

func failure(code string) errorDoc {
	return errorDoc{Code: code, Message: "a fault on purpose, or a strict fake"}
}

func refused(err error) *reply {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return &reply{status: http.StatusInternalServerError, doc: failure("InternalError")}
	}
	doc := failure(r.code)
	doc.Message = err.Error()
	return &reply{status: r.status, doc: doc}
}

func write(w http.ResponseWriter, req *request, out *reply) {
	maps.Copy(w.Header(), out.header)
	if req.fault.NoTag {
		w.Header().Del("ETag")
	}
	body := out.body
	if out.doc != nil && req.Method != http.MethodHead {
		text, err := xml.Marshal(out.doc)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		body = text
		w.Header().Set("Content-Type", "application/xml")
	}
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	}
	if out.status != 0 {
		w.WriteHeader(out.status)
	}
	if req.Method != http.MethodHead {
		send(w, req, body, out.doc == nil)
	}
}

// send writes a body, or as much of it as the fault lets through.
func send(w http.ResponseWriter, req *request, body []byte, content bool) {
	if req.fault.Flip && len(body) > 0 {
		body = slices.Clone(body)
		body[0] ^= 1
	}
	cut := req.fault.Cut > 0 && req.fault.Cut < len(body)
	if cut {
		body = body[:req.fault.Cut]
	}
	n, err := w.Write(body)
	if content {
		req.s.mu.Lock()
		req.s.out += int64(n)
		req.s.mu.Unlock()
	}
	if cut || err != nil {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}
