package servers

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ray starts a Ray cluster of one node and returns the URL of its dashboard, which serves the Jobs API.
func Ray(tb testing.TB, cpus int) string {
	tb.Helper()
	python := fromEnv(tb, "PYTHON", "bin", "python")
	dir, err := os.MkdirTemp("", "ray") // short: the path of a Unix socket is limited
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := freePort(tb)
	url := "http://" + address(port)
	cmd := exec.Command(python, filepath.Join(filepath.Dir(python), "ray"), "start", "--head", "--block",
		"--node-ip-address", "127.0.0.1", "--port", strconv.Itoa(freePort(tb)), "--dashboard-host", "127.0.0.1",
		"--dashboard-port", strconv.Itoa(port), "--dashboard-agent-listen-port", strconv.Itoa(freePort(tb)),
		"--ray-client-server-port", strconv.Itoa(freePort(tb)), "--num-cpus", strconv.Itoa(cpus), "--num-gpus", "0",
		"--object-store-memory", "100000000", "--temp-dir", dir, "--disable-usage-stats")
	start(tb, cmd).ready(tb, ok(&http.Client{}, url+"/api/jobs/"))
	return url
}

// ok asks whether a URL is served.
func ok(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		if err := res.Body.Close(); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, res.Status)
		}
		return nil
	}
}
