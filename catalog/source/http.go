package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"

	"github.com/hashicorp/go-retryablehttp"
)

// HTTP says how lists are fetched. The zero value works. A list is read only from the host of its base URL: a redirect or
// a link to another page that leads elsewhere, or from https to http, is an error.
type HTTP struct {
	// Client does the requests; its CheckRedirect is replaced. nil = a client of its own with the usual timeouts for
	// connecting, and none for reading: bound that by the context.
	Client *http.Client
	// Retries is how often a request is tried again after a broken connection, 429 or 5xx. 0 = 4, negative = never.
	// A connection that breaks while a list is read ends the source.
	Retries int
	// MaxBytes is the largest document, after decompression. 0 = 8 GiB.
	MaxBytes int64
	// MaxPages is the most pages of one list. 0 = 10,000.
	MaxPages int
}

// ErrTooLarge is wrapped by errors about a document, or one row of it, that is larger than allowed.
var ErrTooLarge = errors.New("larger than allowed")

// FetchError is a document that could not be had.
type FetchError struct {
	URL    string // without query
	Status int    // HTTP status; 0 = no answer came, or none that was read
	Err    error  // what went wrong, and what to do; with a status nil
}

// Error says which document, and why.
func (e *FetchError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("source: fetch %s: status %d %s", e.URL, e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("source: fetch %s: %v", e.URL, e.Err)
}

// Unwrap returns the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// URL is a source that reads one document from the network in a format.
func URL(h HTTP, address string, format Format) Source { return remote{h, address, format} }

type remote struct {
	http    HTTP
	address string
	format  Format
}

func (r remote) Name() string { return bare(r.address) }

func (r remote) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return r.http.session(ctx, r.address, func(f *fetcher, s *sink) {
		f.read(s, r.address, r.format)
	})
}

// session runs read with a fetcher for the host of base, and frees its connections at the end.
func (h HTTP) session(ctx context.Context, base string, read func(*fetcher, *sink)) iter.Seq2[Row, error] {
	return stream(ctx, bare(base), func(s *sink) {
		f, err := h.fetcher(base)
		if err != nil {
			s.fail(err)
			return
		}
		if h.Client == nil {
			defer f.client.HTTPClient.CloseIdleConnections()
		}
		read(f, s)
	})
}

// fetcher gets documents of one host.
type fetcher struct {
	client *retryablehttp.Client
	base   *url.URL
	header http.Header // sent with each request
	max    int64
	pages  int
}

func (h HTTP) fetcher(base string) (*fetcher, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("base URL %q: want one such as https://host/path", bare(base))
	}
	f := &fetcher{client: retryablehttp.NewClient(), base: u, header: http.Header{}, max: h.MaxBytes, pages: h.MaxPages}
	if f.max == 0 {
		f.max = 8 << 30
	}
	if f.pages == 0 {
		f.pages = 10_000
	}
	f.client.Logger = nil // it would log whole URLs
	f.client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	f.client.RetryMax = 4
	if h.Retries != 0 {
		f.client.RetryMax = max(h.Retries, 0)
	}
	if h.Client != nil {
		f.client.HTTPClient = h.Client
	}
	own := *f.client.HTTPClient
	own.CheckRedirect = f.checkRedirect
	f.client.HTTPClient = &own
	return f, nil
}

func (f *fetcher) checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("more than 5 redirects")
	}
	return f.same(r.URL)
}

// same refuses to leave the host of the base URL.
func (f *fetcher) same(u *url.URL) error {
	if u.Host != f.base.Host || u.Scheme != f.base.Scheme {
		return fmt.Errorf("it leads to %s://%s, not to %s://%s: give that as the base URL if it is right",
			u.Scheme, u.Host, f.base.Scheme, f.base.Host)
	}
	return nil
}

// get opens a document; ref is relative to the base URL or a full URL of the same host. The body is capped.
func (f *fetcher) get(ctx context.Context, ref string) (body io.ReadCloser, name string, err error) {
	u, err := f.base.Parse(ref)
	if err != nil {
		return nil, bare(ref), &FetchError{URL: bare(ref), Err: err}
	}
	name = bare(u.String())
	if err := f.same(u); err != nil {
		return nil, name, &FetchError{URL: name, Err: err}
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, name, &FetchError{URL: name, Err: err}
	}
	req.Header = f.header.Clone()
	res, err := f.client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, name, &FetchError{URL: name, Err: withoutURL(err)}
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, name, &FetchError{URL: name, Status: res.StatusCode}
	}
	return &capped{ReadCloser: res.Body, left: f.max, max: f.max}, name, nil
}

// read passes what a format makes of a document to the sink, and reports false when the stream is over.
func (f *fetcher) read(s *sink, ref string, format Format) bool {
	body, name, err := f.get(s.ctx, ref)
	if err != nil {
		s.send(Row{}, err)
		s.over = true
		return false
	}
	defer func() { _ = body.Close() }()
	for row, err := range format(s.ctx, name, body) {
		s.send(row, err)
		if err != nil && !isDefect(err) {
			s.over = true
		}
		if s.over {
			return false
		}
	}
	return true
}

func isDefect(err error) bool {
	_, ok := errors.AsType[*Defect](err)
	return ok
}

// withoutURL takes the URL off an error of net/http: its query may name what is nobody's business.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// bare is a URL without user, query and fragment.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(not a URL)"
	}
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	return u.String()
}

// capped is a body of which only so many bytes are read.
type capped struct {
	io.ReadCloser
	left, max int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		// Whether more would come is asked for, so that a document of exactly the size passes.
		var one [1]byte
		n, err := c.ReadCloser.Read(one[:])
		if n > 0 {
			return 0, fmt.Errorf("document: %w: more than %d bytes", ErrTooLarge, c.max)
		}
		return 0, err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.ReadCloser.Read(p)
	c.left -= int64(n)
	return n, err
}

// maxRow is the most that may be read for one row: a quote that is never closed must not fill the memory.
const maxRow = 4 << 20

// rowReader bounds what is read between two calls of next.
type rowReader struct {
	r    io.Reader
	read int
}

func (r *rowReader) next() { r.read = 0 }

func (r *rowReader) Read(p []byte) (int, error) {
	if r.read > maxRow {
		return 0, fmt.Errorf("row: %w: more than %d bytes", ErrTooLarge, maxRow)
	}
	n, err := r.r.Read(p)
	r.read += n
	return n, err
}
