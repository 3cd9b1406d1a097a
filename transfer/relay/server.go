package relay

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openintercloud/broker/transfer"
)

// Config says what a server does.
type Config struct {
	// Identity of this machine. Required.
	Identity *Identity
	// Peers may use this server. Default: nobody.
	Peers []Key
	// Serve is the bucket whose objects may be read. Default: none are served.
	Serve transfer.Bucket
	// Next are the addresses, host and port, that connections may be passed on to. Default: none.
	Next []string
	// Dial opens a connection to a next machine. Default: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Log is told of what failed. Default: nobody is told.
	Log *slog.Logger
}

// Server serves and passes on. Make one with [NewServer].
type Server struct {
	cfg  Config
	http *http.Server

	mu      sync.Mutex
	tunnels map[io.Closer]bool
	closed  bool
}

// NewServer returns a server that listens nowhere yet.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Identity == nil {
		return nil, errors.New("a relay needs an identity: see NewIdentity")
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, tunnels: map[io.Closer]bool{}}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.handle), TLSConfig: cfg.Identity.talk(cfg.Peers...), ReadHeaderTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug), TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	return s, nil
}

// Run serves the connections of l until ctx ends or l fails, then closes them all. It returns nil when ctx ended it.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	err := s.http.ServeTLS(l, "", "")
	s.close()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("relay at %s: %w", l.Addr(), err)
}

func (s *Server) close() {
	_ = s.http.Close() // what it could not close is gone
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.tunnels {
		_ = c.Close()
	}
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	var err error
	key, wantsRead := strings.CutPrefix(r.URL.Path, objects)
	asked, wantsStat := strings.CutPrefix(r.URL.Path, facts)
	switch {
	case r.Method == http.MethodConnect:
		err = s.pass(w, r)
	case s.cfg.Serve == nil:
		err = fmt.Errorf("this relay serves no objects: %w", transfer.ErrNotFound)
	case r.URL.Path == listing:
		err = s.list(w, r)
	case wantsStat:
		err = s.stat(w, r, asked)
	case wantsRead:
		err = s.read(w, r, key)
	default:
		err = fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, transfer.ErrInvalid)
	}
	if err != nil {
		s.cfg.Log.Debug("relay", "method", r.Method, "path", r.URL.Path, "error", err)
		if !errors.Is(err, errBegun) {
			refuse(w, err)
		}
	}
}

// What a server answers to, and the headers it uses beside the standard's.
const (
	objects = "/o/" // the content of an object
	facts   = "/s/" // its description, as JSON
	listing = "/list"

	headerError = "Relay-Error" // which of the package transfer's errors it is
	headerMatch = "Relay-Match" // the version that must be read
)

// errBegun is wrapped by the error of an answer whose head is gone already: the connection is cut instead.
var errBegun = errors.New("the answer had begun")

// kinds are the errors of a bucket that keep their kind across the network.
func kinds() []error {
	return []error{transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid, transfer.ErrCorrupt, transfer.ErrSlowDown}
}

func refuse(w http.ResponseWriter, err error) {
	kind := slices.IndexFunc(kinds(), func(k error) bool { return errors.Is(err, k) })
	w.Header().Set(headerError, strconv.Itoa(kind))
	http.Error(w, err.Error(), http.StatusBadGateway)
}

func (s *Server) stat(w http.ResponseWriter, r *http.Request, key string) error {
	obj, err := s.cfg.Serve.Stat(r.Context(), key)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(obj)
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, key string) error {
	var at transfer.Range
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "%d+%d", &at.Offset, &at.Length); err != nil {
		return fmt.Errorf("range %q: %w", r.Header.Get("Range"), transfer.ErrInvalid)
	}
	body, err := s.cfg.Serve.Read(r.Context(), key, at, r.Header.Get(headerMatch))
	if err != nil {
		return err
	}
	defer body.Close()
	return send(w, body)
}

// send copies a body; a failure on the way cuts the connection, so that a short answer is never taken for a whole one.
func send(w http.ResponseWriter, body io.Reader) error {
	if _, err := io.Copy(w, body); err != nil {
		return cut(w, err)
	}
	return nil
}

// cut ends the connection of an answer that had begun and cannot be finished.
func cut(w http.ResponseWriter, cause error) error {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		err = conn.Close()
	}
	return errors.Join(fmt.Errorf("%w: %w", errBegun, cause), err)
}

// list writes the objects as lines of JSON, then an empty object: a list without it was cut off.
func (s *Server) list(w http.ResponseWriter, r *http.Request) error {
	out := json.NewEncoder(w)
	for obj, err := range s.cfg.Serve.List(r.Context(), r.URL.Query().Get("prefix")) {
		if err == nil {
			err = out.Encode(obj)
		}
		if err != nil {
			return cut(w, err)
		}
	}
	return out.Encode(transfer.Object{})
}

// pass joins the connection with one to the next machine, until either ends.
func (s *Server) pass(w http.ResponseWriter, r *http.Request) error {
	if !slices.Contains(s.cfg.Next, r.Host) {
		return fmt.Errorf("pass on to %s: not one of this relay's next machines: %w", r.Host, transfer.ErrInvalid)
	}
	next, err := s.cfg.Dial(r.Context(), "tcp", r.Host)
	if err != nil {
		return fmt.Errorf("pass on to %s: %w", r.Host, err)
	}
	defer next.Close()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return fmt.Errorf("%w: %w", errBegun, err)
	}
	defer near.Close()
	if _, err := io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return fmt.Errorf("%w: %w", errBegun, err)
	}
	if !s.keep(near) || !s.keep(next) {
		return fmt.Errorf("%w: the relay is closing", errBegun)
	}
	defer s.forget(near, next)
	var ends sync.WaitGroup
	ends.Go(func() { _, _ = io.Copy(next, buffered); _ = next.Close(); _ = near.Close() })
	ends.Go(func() { _, _ = io.Copy(near, next); _ = next.Close(); _ = near.Close() })
	ends.Wait()
	return nil
}

func (s *Server) keep(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.tunnels[c] = true
	}
	return !s.closed
}

func (s *Server) forget(cs ...io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cs {
		delete(s.tunnels, c)
	}
}
