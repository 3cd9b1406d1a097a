package fake

import (
	"net/http"
	"sync"
	"time"
)

// Options shape a store. The zero value is like Amazon S3.
type Options struct {
	// MinPart is the size of the smallest part that is not the last, in bytes. Default 5 MiB.
	MinPart int64
	// PageSize is the most entries of one page of a listing. Default 1,000.
	PageSize int
	// Fault is asked before each request. It may be called concurrently. Default: nothing fails.
	Fault func(Call) Fault
	// PartSums makes the store know no checksum of a whole object that came in parts, as R2.
	PartSums bool
	// NoSums makes the store ignore checksums, as old ones do.
	NoSums bool
	// NoConditions makes the store ignore the conditions of writes and deletes.
	NoConditions bool
	// EqualParts makes the store refuse parts of different size, the last excepted.
	EqualParts bool
	// RandomTags gives parts entity tags that are no MD5 and never come twice, as R2.
	RandomTags bool
	// Now is the store's clock. Default: time.Now.
	Now func() time.Time
}

// Call is a request.
type Call struct {
	Op  string // as the API names it: "PutObject"
	Key string
	N   int // how many requests of this Op there were before
}

// Fault is how a request fails. The zero value is not at all.
type Fault struct {
	Status   int    // answered instead of doing anything, with Code
	Code     string // of Status, or of an error inside a 200 when Status is 200
	Lose     bool   // do it, but break the connection instead of answering
	Cut      int    // of an answered object, send only so many bytes and break the connection
	Flip     bool   // of an answered object, change the first byte
	WrongSum bool   // answer another checksum than was computed
	NoTag    bool   // answer no entity tag
	Whole    bool   // ignore the Range of a read
	Stale    bool   // ignore the If-Match of a read
}

// Store is a set of buckets, which all exist. It is safe for concurrent use.
type Store struct {
	opts Options

	mu      sync.Mutex
	buckets map[string]map[string]*object
	uploads map[string]*upload
	serial  int
	calls   map[string]int
	in, out int64
}

type object struct {
	data     []byte
	tag      string
	crc      string // base64; of the parts with "-N"
	kind     string // of crc
	ctype    string
	meta     map[string]string
	modified time.Time
	parts    []int64 // sizes; none when it came whole
}

type upload struct {
	bucket, key string
	like        object // attributes and kind
	sums        bool   // parts need a CRC32C
	parts       map[int]*object
	begun       time.Time
}

// New returns an empty store.
func New(opts Options) *Store {
	if opts.MinPart == 0 {
		opts.MinPart = 5 << 20
	}
	if opts.PageSize == 0 {
		opts.PageSize = 1000
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Store{opts: opts, buckets: map[string]map[string]*object{}, uploads: map[string]*upload{}, calls: map[string]int{}}
}

// Calls is how many requests of an Op there were.
func (s *Store) Calls(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// Requests is how many requests there were.
func (s *Store) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		n += c
	}
	return n
}

// Bytes is how many bytes of content came in and went out.
func (s *Store) Bytes() (in, out int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in, s.out
}

// Uploads is how many uploads are open.
func (s *Store) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// Forget makes all open uploads vanish.
func (s *Store) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.uploads)
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	code   string
}

// Error is the code.
func (r *refusal) Error() string { return r.code }

func refuse(status int, code string) error { return &refusal{status, code} }

func (s *Store) find(bucket, key string) (*object, error) {
	o, ok := s.buckets[bucket][key]
	if !ok {
		return nil, refuse(http.StatusNotFound, "NoSuchKey")
	}
	return o, nil
}

// allowed checks the conditions of a write. The lock is held.
func (s *Store) allowed(bucket, key string, h http.Header) error {
	if s.opts.NoConditions {
		return nil
	}
	now, err := s.find(bucket, key)
	if match := h.Get("If-Match"); match != "" {
		if err != nil {
			return err
		}
		if match != now.tag {
			return refuse(http.StatusPreconditionFailed, "PreconditionFailed")
		}
	}
	if h.Get("If-None-Match") == "*" && err == nil {
		return refuse(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	return nil
}

// store makes an object visible. The lock is held.
func (s *Store) store(bucket, key string, o *object) {
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = map[string]*object{}
	}
	o.modified = s.opts.Now().UTC()
	s.buckets[bucket][key] = o
}
