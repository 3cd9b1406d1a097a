package fake

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/openintercloud/broker/transfer"
)

// Options say how the store behaves. The zero value is a store that works.
type Options struct {
	// PageSize is how many objects a page of a listing has at most. Default 1,000.
	PageSize int
	// StepSize is how many bytes one rewrite copies before it answers with a token. Default: all.
	StepSize int64
	// Fault is asked before each call is answered; it is called concurrently. Default: no faults.
	Fault func(Call) Fault
	// NoSums leaves out checksums, as the real store does for objects encrypted with keys that the caller may not use.
	NoSums bool
}

// Call is one request.
type Call struct {
	Op  string // "insert", "get", "read", "list", "delete", "compose", "rewrite", "xml put"
	Key string // "" for a listing
	N   int    // how many calls of this Op came before
}

// Fault is what goes wrong with a call. The zero Fault is nothing.
type Fault struct {
	Status int    // answered instead of doing anything
	Lose   bool   // the work is done, the connection breaks before the answer
	Reset  bool   // the connection breaks before the work
	Cut    int    // of a body only so many bytes are sent before the connection breaks; 0 = all
	Flip   bool   // a bit of what was sent arrives flipped
	Then   func() // runs after the work, before the answer
}

type object struct {
	data       []byte
	crc        uint32
	generation int64
	created    time.Time
	kind       string // content type
	meta       map[string]string
	components int
}

// Store is a set of buckets. Every name is a bucket that exists, but "missing".
type Store struct {
	opts Options

	mu      sync.Mutex
	buckets map[string]map[string]*object
	last    int64 // generation
	calls   map[string]int
	tokens  map[string]int64 // bytes that a rewrite has copied so far
	in, out int64
}

// New is a store without objects.
func New(opts Options) *Store {
	if opts.PageSize == 0 {
		opts.PageSize = 1000
	}
	return &Store{opts: opts, buckets: map[string]map[string]*object{}, calls: map[string]int{}, tokens: map[string]int64{}, last: 1_700_000_000_000_000}
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

// Keys are the keys of a bucket that start with a prefix.
func (s *Store) Keys(bucket, prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedKeys(s.buckets[bucket], prefix)
}

// put stores an object. The lock is held.
func (s *Store) put(bucket, key string, o *object) *object {
	s.last++
	o.generation, o.created, o.crc = s.last, time.Now().UTC(), transfer.CRC32C(0, o.data)
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = map[string]*object{}
	}
	s.buckets[bucket][key] = o
	return o
}

// check holds a condition against the object that is there: 0 means that there is none.
func check(o *object, condition string) error {
	if condition == "" {
		return nil
	}
	want, err := strconv.ParseInt(condition, 10, 64)
	if err != nil {
		return refuse(http.StatusBadRequest, "ifGenerationMatch is no number")
	}
	if o == nil && want != 0 || o != nil && o.generation != want {
		return refuse(http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
	}
	return nil
}

type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return fmt.Sprint(r.status, " ", r.message) }

func refuse(status int, message string) error { return &refusal{status, message} }

func encodeCRC(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// checkCRC compares a checksum that came with content.
func checkCRC(sent string, data []byte) error {
	if crc := encodeCRC(transfer.CRC32C(0, data)); sent != "" && sent != crc {
		return refuse(http.StatusBadRequest, fmt.Sprintf("Provided CRC32C %q doesn't match calculated CRC32C %q.", sent, crc))
	}
	return nil
}

// Flip changes an object behind everybody's back.
func (s *Store) Flip(bucket, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket][key].data[0] ^= 1
}
