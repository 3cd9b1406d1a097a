package fake

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say how the store behaves. The zero value is a store that works.
type Options struct {
	// PageSize is how many blobs a page of a listing has at most. Default 5,000.
	PageSize int
	// Fault is asked before each call is answered; it is called concurrently. Default: no faults.
	Fault func(Call) Fault
	// NoCopy refuses Put Block From URL, as Azurite does.
	NoCopy bool
}

// Call is one request.
type Call struct {
	Op  string // "put", "get", "head", "delete", "block", "block from url", "blocks", "blocks list", "list"
	Key string // "" for a listing
	N   int    // how many calls of this Op came before
}

// Fault is what goes wrong with a call. The zero Fault is nothing.
type Fault struct {
	Status int    // answered instead of doing anything
	Code   string // of that answer
	Lose   bool   // the work is done, the connection breaks before the answer
	Reset  bool   // the connection breaks before the work
	Cut    int    // of a body only so many bytes are sent before the connection breaks; 0 = all
	Flip   bool   // a bit of what was sent arrives flipped
	Then   func() // runs after the work, before the answer
}

type object struct {
	data     []byte
	tag      string
	modified time.Time
	kind     string            // content type
	meta     map[string]string // as it was sent
	blocks   []block           // that were committed
}

type block struct {
	id   string
	data []byte
}

// space is one container.
type space struct {
	objects map[string]*object
	staged  map[string]map[string][]byte // uncommitted blocks by key and id
}

// Store is an account with containers. Every name is a container that exists, but "missing".
type Store struct {
	opts Options

	mu      sync.Mutex
	spaces  map[string]*space
	serial  int64
	calls   map[string]int
	in, out int64
}

// New is a store without objects.
func New(opts Options) *Store {
	if opts.PageSize == 0 {
		opts.PageSize = 5000
	}
	return &Store{opts: opts, spaces: map[string]*space{}, calls: map[string]int{}}
}

// Calls is how many calls of an operation there were.
func (s *Store) Calls(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// Bytes is how many bytes of objects were received and sent.
func (s *Store) Bytes() (in, out int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in, s.out
}

// Forget drops the metadata of a blob, as another program would that writes the same content again.
func (s *Store) Forget(container, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.space(container).objects[key].meta = nil
}

// space is a container. The lock is held.
func (s *Store) space(name string) *space {
	if s.spaces[name] == nil {
		s.spaces[name] = &space{objects: map[string]*object{}, staged: map[string]map[string][]byte{}}
	}
	return s.spaces[name]
}

// put stores an object; blocks that nobody committed are gone. The lock is held.
func (r *request) put(o *object) *reply {
	r.s.serial++
	o.tag, o.modified = fmt.Sprintf(`"0x%X"`, 0x8D0000000000000+r.s.serial), time.Now().UTC()
	o.kind = r.Header.Get("X-Ms-Blob-Content-Type")
	if o.kind == "" {
		o.kind = "application/octet-stream"
	}
	for k := range r.Header {
		if name, ok := strings.CutPrefix(k, "X-Ms-Meta-"); ok {
			if o.meta == nil {
				o.meta = map[string]string{}
			}
			o.meta[strings.ToLower(name)] = r.Header.Get(k)
		}
	}
	sp := r.s.space(r.container)
	sp.objects[r.key] = o
	delete(sp.staged, r.key)
	return &reply{status: http.StatusCreated, header: o.header()}
}

func (o *object) header() http.Header {
	return http.Header{"Etag": {o.tag}, "Last-Modified": {o.modified.Format(http.TimeFormat)}}
}

// check keeps the conditions of a request. absent is what a write under If-Match of a missing object is answered.
func (r *request) check(o *object) error {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case none != "" && none != "*":
		return refuse(http.StatusNotImplemented, "NotImplemented")
	case none == "*" && o != nil && r.Method == http.MethodPut:
		return refuse(http.StatusConflict, "BlobAlreadyExists")
	case match != "" && (o == nil || o.tag != match):
		return refuse(http.StatusPreconditionFailed, "ConditionNotMet")
	}
	return nil
}

type refusal struct {
	status int
	code   string
}

func (r *refusal) Error() string { return fmt.Sprint(r.status, " ", r.code) }

func refuse(status int, code string) error { return &refusal{status, code} }
