package servers

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Cluster is a Kubernetes control plane to talk to.
type Cluster struct {
	URL    string       // "https://127.0.0.1:1234"
	Token  string       // of a cluster administrator
	Client *http.Client // trusts the server's certificate and sends the token
}

// Kubernetes starts etcd, kube-apiserver and kube-controller-manager: a control plane without nodes, so that pods stay pending
// until something that acts as a kubelet runs them.
func Kubernetes(tb testing.TB) Cluster {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	c := Cluster{URL: "https://" + address(port), Token: "token-of-a-test"}
	keys := filepath.Join(dir, "service-accounts.pem")
	writeKey(tb, keys)
	tokens := filepath.Join(dir, "tokens.csv")
	write(tb, tokens, c.Token+",admin,admin,\"system:masters\"\n")

	api := exec.Command(fromEnv(tb, "KUBERNETES", "kube-apiserver"), "--etcd-servers", etcd(tb, dir),
		"--bind-address", "127.0.0.1", "--secure-port", strconv.Itoa(port), "--cert-dir", filepath.Join(dir, "certificates"),
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", keys,
		"--service-account-signing-key-file", keys, "--token-auth-file", tokens, "--authorization-mode", "RBAC",
		"--service-cluster-ip-range", "10.96.0.0/16", "--disable-admission-plugins", "ServiceAccount")
	server := start(tb, api)
	server.ready(tb, listening(address(port)))
	c.Client = client(tb, filepath.Join(dir, "certificates", "apiserver.crt"), c.Token)
	server.ready(tb, c.answers("/readyz"))

	config := filepath.Join(dir, "kubeconfig")
	write(tb, config, fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: test, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
`, c.URL, c.Token))
	manager := exec.Command(fromEnv(tb, "KUBERNETES", "kube-controller-manager"), "--kubeconfig", config,
		"--secure-port", strconv.Itoa(freePort(tb)), "--bind-address", "127.0.0.1", "--leader-elect=false",
		"--cert-dir", filepath.Join(dir, "manager"), "--service-account-private-key-file", keys)
	start(tb, manager).ready(tb, c.answers("/api/v1/namespaces/default"))
	return c
}

// etcd starts the store of a control plane and returns its URL.
func etcd(tb testing.TB, dir string) string {
	tb.Helper()
	path, err := exec.LookPath("etcd")
	require.NoError(tb, err, "install etcd, or run `make setup`")
	url, peer := "http://"+address(freePort(tb)), "http://"+address(freePort(tb))
	cmd := exec.Command(path, "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", url, "--advertise-client-urls", url,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	p := start(tb, cmd)
	p.ready(tb, ok(&http.Client{}, url+"/health"))
	return url
}

func (c Cluster) answers(path string) func(context.Context) error { return ok(c.Client, c.URL+path) }

// client trusts the certificates of a file and sends a token with each request.
func client(tb testing.TB, certificates, token string) *http.Client {
	tb.Helper()
	text, err := os.ReadFile(certificates)
	require.NoError(tb, err)
	pool := x509.NewCertPool()
	require.True(tb, pool.AppendCertsFromPEM(text), certificates)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	tb.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: bearer{transport, token}}
}

type bearer struct {
	next  http.RoundTripper
	token string
}

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(req)
}

func writeKey(tb testing.TB, path string) {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(tb, err)
	write(tb, path, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
}
