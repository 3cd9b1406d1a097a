package fake

import (
	"encoding/xml"
	"errors"
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
	s              *Store
	query          url.Values
	container, key string
	body           []byte
}

// reply is what is answered: an object's content, or a document.
type reply struct {
	status int
	header http.Header
	body   []byte
	size   int // Content-Length of an answer without a body
	doc    any
}

// operation is what a route means.
type operation struct {
	name string
	may  string // the permission of a signed request
	do   func(*request) (*reply, error)
}

func operations() map[string]operation {
	return map[string]operation{
		"PUT":                {"put", "cw", (*request).putBlob},
		"GET":                {"get", "r", (*request).get},
		"HEAD":               {"head", "r", (*request).head},
		"DELETE":             {"delete", "d", (*request).remove},
		"PUT block":          {"block", "cw", (*request).putBlock},
		"PUT block from url": {"block from url", "cw", (*request).putBlockFromURL},
		"PUT blocklist":      {"blocks", "cw", (*request).putBlocks},
		"GET blocklist":      {"blocks list", "r", (*request).getBlocks},
		"GET list":           {"list", "l", (*request).list},
	}
}

func (r *request) route() string {
	route := r.Method
	if comp := r.query.Get("comp"); comp != "" {
		route += " " + comp
	}
	if r.Header.Get("X-Ms-Copy-Source") != "" {
		route += " from url"
	}
	return route
}

// known are the headers a store must understand; one that is not here is refused, not ignored.
func known(name string) bool {
	return strings.HasPrefix(name, "X-Ms-Meta-") || slices.Contains([]string{
		"X-Ms-Date", "X-Ms-Version", "X-Ms-Client-Request-Id", "X-Ms-Return-Client-Request-Id", "X-Ms-Blob-Type", "X-Ms-Blob-Content-Type",
		"X-Ms-Range", "X-Ms-Copy-Source", "X-Ms-Source-Range", "X-Ms-Source-If-Match",
	}, name)
}

// ServeHTTP answers a request for /account/container/key.
func (s *Store) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	r := &request{Request: hr, s: s, query: hr.URL.Query()}
	path := strings.SplitN(strings.TrimPrefix(hr.URL.Path, "/"), "/", 3)
	if len(path) > 1 {
		r.container = path[1]
	}
	if len(path) > 2 {
		r.key = path[2]
	}
	var err error
	if r.body, err = io.ReadAll(hr.Body); err != nil {
		return // nobody is there any more
	}
	op, ok := operations()[r.route()]
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
	if f.Flip && len(r.body) > 0 {
		r.body[len(r.body)/2] ^= 1
	}
	var out *reply
	if err = r.strict(op, ok); err == nil && f.Status != 0 {
		err = refuse(f.Status, f.Code)
	}
	if err == nil {
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
		out = refused(err)
	}
	out.write(w, f.Cut)
}

// strict refuses what the fake does not know, and who may not.
func (r *request) strict(op operation, ok bool) error {
	if !ok {
		return refuse(http.StatusNotImplemented, "APINotImplemented")
	}
	if r.container == "missing" {
		return refuse(http.StatusNotFound, "ContainerNotFound")
	}
	for k := range r.Header {
		if strings.HasPrefix(k, "X-Ms-") && !known(k) {
			return refuse(http.StatusNotImplemented, "UnsupportedHeader")
		}
	}
	if strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey account:") {
		return nil
	}
	return granted(r.query, op.may, r.s.exists(r.container, r.key))
}

func (s *Store) exists(container, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.space(container).objects[key] != nil
}

// granted looks at a signature's permissions and time. To create is not to write over.
func granted(query url.Values, may string, there bool) error {
	until, err := time.Parse("2006-01-02T15:04:05Z", query.Get("se"))
	if err != nil || query.Get("sig") == "" || time.Now().After(until) {
		return refuse(http.StatusForbidden, "AuthenticationFailed")
	}
	has := query.Get("sp")
	if !strings.ContainsAny(has, may) {
		return refuse(http.StatusForbidden, "AuthorizationPermissionMismatch")
	}
	if may == "cw" && there && !strings.Contains(has, "w") {
		return refuse(http.StatusForbidden, "UnauthorizedBlobOverwrite")
	}
	return nil
}

func refused(err error) *reply {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = &refusal{http.StatusInternalServerError, err.Error()}
	}
	return &reply{
		status: r.status, header: http.Header{"X-Ms-Error-Code": {r.code}},
		doc: struct {
			XMLName xml.Name `xml:"Error"`
			Code    string
		}{Code: r.code},
	}
}

func (o *reply) write(w http.ResponseWriter, cut int) {
	body := o.body
	if o.doc != nil {
		body, _ = xml.Marshal(o.doc) // made of strings and numbers
		w.Header().Set("Content-Type", "application/xml")
	}
	for k, values := range o.header {
		w.Header()[http.CanonicalHeaderKey(k)] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(max(len(body), o.size)))
	w.WriteHeader(max(o.status, http.StatusOK))
	if cut > 0 && cut < len(body) {
		_, _ = w.Write(body[:cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // nobody is there to be told
}
