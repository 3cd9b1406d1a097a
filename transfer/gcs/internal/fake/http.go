package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is one request on its way.
type request struct {
	*http.Request
	s           *Store
	query       url.Values
	bucket, key string
	toBucket    string // of a rewrite
	toKey       string
	body        []byte
}

// reply is what is answered: an object's content, or a document.
type reply struct {
	status int
	header http.Header
	body   []byte
	doc    any
}

// route reads the path. The name of an object is one element, its slashes are escaped.
func (r *request) route() (string, error) {
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range path {
		var err error
		if path[i], err = url.PathUnescape(path[i]); err != nil {
			return "", refuse(http.StatusBadRequest, "the path cannot be read")
		}
	}
	is := func(pattern string) bool { return matches(path, strings.Fields(pattern)) }
	switch {
	case is("upload storage v1 b * o"):
		r.bucket, r.key = path[4], r.query.Get("name")
		return r.Method + " upload", nil
	case is("storage v1 b * o"):
		r.bucket = path[3]
		return r.Method + " list", nil
	case is("storage v1 b * o *"):
		r.bucket, r.key = path[3], path[5]
		return r.Method + " object", nil
	case is("storage v1 b * o * compose"):
		r.bucket, r.key = path[3], path[5]
		return r.Method + " compose", nil
	case is("storage v1 b * o * rewriteTo b * o *"):
		r.bucket, r.key, r.toBucket, r.toKey = path[3], path[5], path[8], path[10]
		return r.Method + " rewrite", nil
	}
	r.bucket, r.key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return r.Method + " xml", nil
}

// matches compares element by element; "*" stands for any.
func matches(path, pattern []string) bool {
	return slices.EqualFunc(path, pattern, func(a, b string) bool { return b == "*" || a == b })
}

// operation is what a route means, and the parameters it knows.
type operation struct {
	name string
	do   func(*request) (*reply, error)
	know []string
}

func operations() map[string]operation {
	return map[string]operation{
		"POST upload":   {"insert", (*request).insert, []string{"uploadType", "name", "ifGenerationMatch"}},
		"GET object":    {"get", (*request).get, []string{"ifGenerationMatch"}},
		"GET list":      {"list", (*request).list, []string{"prefix", "pageToken", "maxResults", "fields"}},
		"DELETE object": {"delete", (*request).remove, []string{"ifGenerationMatch"}},
		"POST compose":  {"compose", (*request).compose, []string{"ifGenerationMatch"}},
		"POST rewrite":  {"rewrite", (*request).rewrite, []string{"ifGenerationMatch", "ifSourceGenerationMatch", "rewriteToken"}},
		"GET xml":       {"read", (*request).read, nil},
		"PUT xml":       {"xml put", (*request).xmlPut, nil},
	}
}

// ServeHTTP answers a request.
func (s *Store) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	r := &request{Request: hr, s: s, query: hr.URL.Query()}
	var err error
	if r.body, err = io.ReadAll(hr.Body); err != nil {
		return // nobody is there any more
	}
	route, err := r.route()
	op, known := operations()[route]
	if err == nil && !known {
		err = refuse(http.StatusNotImplemented, "no such method: "+route)
	}
	s.mu.Lock()
	call := Call{Op: op.name, Key: r.key, N: s.calls[op.name]}
	s.calls[op.name]++
	s.mu.Unlock()
	var f Fault
	if s.opts.Fault != nil {
		f = s.opts.Fault(call)
	}
	if f.Reset {
		panic(http.ErrAbortHandler) // the way the server of the standard library breaks a connection
	}
	if err == nil {
		err = r.strict(op)
	}
	if f.Flip && len(r.body) > 0 {
		flip(r.body)
	}
	var out *reply
	switch {
	case err == nil && f.Status != 0:
		err = refuse(f.Status, "a fault")
	case err == nil:
		s.mu.Lock()
		out, err = op.do(r)
		s.mu.Unlock()
	}
	if f.Then != nil {
		f.Then()
	}
	if f.Lose {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		out = refused(err, strings.HasSuffix(route, "xml"))
	}
	out.write(w, f.Cut)
}

// flip changes a bit of the media: what comes last before the end of the multipart body.
func flip(body []byte) {
	if i := strings.LastIndex(string(body), "\r\n--"); i > 0 {
		body[i-1] ^= 1
		return
	}
	body[len(body)-1] ^= 1
}

// strict refuses parameters and buckets that are not known.
func (r *request) strict(op operation) error {
	if r.bucket == "missing" {
		return refuse(http.StatusNotFound, "The specified bucket does not exist.")
	}
	for _, name := range []string{r.key, r.toKey} {
		if len(name) > 1024 || strings.ContainsAny(name, "\r\n") {
			return refuse(http.StatusBadRequest, "Invalid object name")
		}
	}
	if op.know == nil {
		return nil // may be signed: the handler looks
	}
	for k, values := range r.query {
		if values[0] == "" || slices.Contains([]string{"alt", "prettyPrint", "projection"}, k) {
			continue
		}
		if (k == "versions" || k == "softDeleted" || k == "includeTrailingDelimiter" || k == "includeFoldersAsPrefixes") && values[0] == "false" {
			continue
		}
		if !slices.Contains(op.know, k) {
			return refuse(http.StatusNotImplemented, "parameter "+k)
		}
	}
	return nil
}

func refused(err error, xml bool) *reply {
	known, ok := errors.AsType[*refusal](err)
	if !ok {
		known = &refusal{http.StatusInternalServerError, err.Error()}
	}
	if xml {
		return &reply{status: known.status, body: []byte("<Error><Message>" + known.message + "</Message></Error>")}
	}
	return &reply{status: known.status, doc: map[string]any{"error": map[string]any{"code": known.status, "message": known.message}}}
}

func (o *reply) write(w http.ResponseWriter, cut int) {
	body := o.body
	if o.doc != nil {
		body, _ = json.Marshal(o.doc) // made of maps and strings
		w.Header().Set("Content-Type", "application/json")
	}
	for k, values := range o.header {
		w.Header()[http.CanonicalHeaderKey(k)] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(max(o.status, http.StatusOK))
	if cut > 0 && cut < len(body) {
		_, _ = w.Write(body[:cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // nobody is there to be told
}

// resource describes an object.
func (r *request) resource(bucket, key string, o *object) map[string]any {
	doc := map[string]any{
		"kind": "storage#object", "bucket": bucket, "name": key, "generation": fmt.Sprint(o.generation), "metageneration": "1",
		"size": fmt.Sprint(len(o.data)), "timeCreated": o.created.Format(time.RFC3339Nano), "updated": o.created.Format(time.RFC3339Nano),
		"contentType": o.kind, "metadata": o.meta,
	}
	if !r.s.opts.NoSums {
		doc["crc32c"] = encodeCRC(o.crc)
	}
	if o.components > 0 {
		doc["componentCount"] = o.components
	}
	return doc
}
