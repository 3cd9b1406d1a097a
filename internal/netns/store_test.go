//go:build netns

package netns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

// store serves a bucket that can be written over the network: the far end of a copy whose machine sits in between.
func store(ctx context.Context, r role) error {
	b, err := file.Open(r.Dir, file.Options{Create: true})
	if err != nil {
		return err
	}
	l, err := listen(ctx, r)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: &shelf{bucket: b, uploads: map[string]transfer.Upload{}}}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if err := s.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

type shelf struct {
	bucket  transfer.Bucket
	mu      sync.Mutex
	uploads map[string]transfer.Upload
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	obj, err := s.do(r)
	switch {
	case errors.Is(err, transfer.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		_ = json.NewEncoder(w).Encode(obj)
	}
}

func (s *shelf) do(r *http.Request) (obj transfer.Object, err error) {
	key := r.FormValue("key")
	s.mu.Lock()
	up := s.uploads[key]
	s.mu.Unlock()
	if r.Method == http.MethodGet {
		return s.bucket.Stat(r.Context(), key)
	}
	if r.URL.Path == "/create" {
		size, _ := strconv.ParseInt(r.FormValue("size"), 10, 64)
		part, _ := strconv.ParseInt(r.FormValue("part"), 10, 64)
		up, err = s.bucket.Create(context.WithoutCancel(r.Context()), key, transfer.CreateOptions{Size: unit.Bytes(size), PartSize: unit.Bytes(part)})
		s.mu.Lock()
		defer s.mu.Unlock()
		s.uploads[key] = up
		return obj, err
	}
	if up == nil {
		return obj, transfer.ErrNotFound
	}
	switch r.URL.Path {
	case "/part":
		n, _ := strconv.Atoi(r.FormValue("n"))
		p, err := io.ReadAll(r.Body)
		if err != nil {
			return obj, err
		}
		return obj, up.Part(r.Context(), n, bytes.NewReader(p))
	case "/commit":
		return up.Commit(r.Context())
	}
	return obj, up.Abort(r.Context())
}

// remote is a store at an address.
type remote struct {
	address string
	client  *http.Client
}

func newRemote(address string) remote {
	return remote{address, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (b remote) String() string { return "http://" + b.address }

func (b remote) ask(ctx context.Context, method, what string, form url.Values, body io.Reader) (obj transfer.Object, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+b.address+what+"?"+form.Encode(), body)
	if err != nil {
		return obj, err
	}
	res, err := b.client.Do(req)
	if err != nil {
		return obj, err
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
		return obj, json.NewDecoder(res.Body).Decode(&obj)
	case http.StatusNotFound:
		return obj, transfer.ErrNotFound
	}
	return obj, fmt.Errorf("%s %s: %s", method, what, res.Status)
}

func (b remote) Stat(ctx context.Context, key string) (transfer.Object, error) {
	return b.ask(ctx, http.MethodGet, "/", url.Values{"key": {key}}, http.NoBody)
}

func (b remote) Read(context.Context, string, transfer.Range, string) (io.ReadCloser, error) {
	return nil, transfer.ErrInvalid
}

func (b remote) List(context.Context, string) iter.Seq2[transfer.Object, error] {
	return func(func(transfer.Object, error) bool) {}
}

func (b remote) Delete(context.Context, string, string) error { return nil }

func (b remote) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	_, err := b.ask(ctx, http.MethodPost, "/create", url.Values{
		"key": {key}, "size": {strconv.FormatInt(int64(opts.Size), 10)}, "part": {strconv.FormatInt(int64(opts.PartSize), 10)},
	}, http.NoBody)
	return upload{b, key}, err
}

type upload struct {
	to  remote
	key string
}

func (u upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	_, err := u.to.ask(ctx, http.MethodPut, "/part", url.Values{"key": {u.key}, "n": {strconv.Itoa(n)}}, io.NopCloser(r))
	return err
}

func (u upload) Commit(ctx context.Context) (transfer.Object, error) {
	return u.to.ask(ctx, http.MethodPost, "/commit", url.Values{"key": {u.key}}, http.NoBody)
}

func (u upload) Abort(ctx context.Context) error {
	_, err := u.to.ask(ctx, http.MethodPost, "/abort", url.Values{"key": {u.key}}, http.NoBody)
	return err
}
