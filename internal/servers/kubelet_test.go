//go:build integration

package servers

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pod is run as a process, which hears what the pod knows of itself, is logged, and ends with its pod.
func TestKubeletRunsPods(t *testing.T) {
	c := Kubernetes(t)
	Kubelet(t, c)
	ask := func(method, path, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, c.URL+"/api/v1/namespaces/default/pods"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		res, err := c.Client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(text)
	}
	create := func(name, script string) {
		code, text := ask(http.MethodPost, "", fmt.Sprintf(`{"metadata": {"name": %q, "labels": {"color": "blue"}},
			"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "none", "command": ["sh", "-c", %q],
			"env": [{"name": "COLOR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['color']"}}}]}]}}`, name, script))
		require.Equal(t, http.StatusCreated, code, text)
	}
	until := func(want string, see func() string) {
		require.Eventually(t, func() bool { return strings.Contains(see(), want) }, time.Minute, 50*time.Millisecond, want)
	}
	pod := func(name string) func() string {
		return func() string { _, text := ask(http.MethodGet, "/"+name, ""); return text }
	}
	logOf := func(name string) string { _, text := ask(http.MethodGet, "/"+name+"/log", ""); return text }

	create("ends", `echo "$COLOR"; exit 3`)
	until(`"exitCode":3`, pod("ends"))
	require.Contains(t, pod("ends")(), `"phase":"Failed"`)
	require.Equal(t, "blue\n", logOf("ends"))

	create("stays", `trap '' TERM; echo $$; while true; do sleep 0.1; done`)
	until("\n", func() string { return logOf("stays") })
	pid, err := strconv.Atoi(strings.TrimSpace(logOf("stays")))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0))
	code, text := ask(http.MethodDelete, "/stays", "")
	require.Equal(t, http.StatusOK, code, text)
	until("NotFound", pod("stays"))
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
}
