package servers

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// logs keeps what containers print and serves it the way a kubelet does.
type logs struct {
	port int
	mu   sync.Mutex
	text map[string]*output
}

func logServer(tb testing.TB) *logs {
	tb.Helper()
	l := &logs{text: map[string]*output{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, l.of(r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")).String())
	})
	server := httptest.NewTLSServer(mux)
	tb.Cleanup(server.Close)
	address, ok := server.Listener.Addr().(*net.TCPAddr)
	require.True(tb, ok)
	l.port = address.Port
	return l
}

// of is the log of one container.
func (l *logs) of(namespace, pod, container string) *output {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := namespace + "/" + pod + "/" + container
	if l.text[key] == nil {
		l.text[key] = &output{}
	}
	return l.text[key]
}
