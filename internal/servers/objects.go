package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Store is an object store to talk to.
type Store struct {
	Endpoint    string // "http://127.0.0.1:1234"
	User, Token string // access key and secret key, account and key; "" where the server asks for none
}

// VersityGW starts an S3 server that checks signatures, checksums and conditions.
func VersityGW(tb testing.TB) Store {
	tb.Helper()
	root, port := filepath.Join(tb.TempDir(), "root"), freePort(tb)
	require.NoError(tb, os.Mkdir(root, 0o700))
	cmd := exec.Command(fromEnv(tb, "SERVERS", "versitygw"), "--quiet", "--port", address(port), "posix", root)
	s := Store{Endpoint: "http://" + address(port), User: "user", Token: "secret-of-a-test"}
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.User, "ROOT_SECRET_KEY="+s.Token)
	start(tb, cmd).ready(tb, listening(address(port)))
	return s
}

// Moto starts moto's server: a second S3, written by others, and the control planes of AWS. It accepts any credentials.
func Moto(tb testing.TB) Store {
	tb.Helper()
	port := freePort(tb)
	python := fromEnv(tb, "PYTHON", "bin", "python")
	cmd := exec.Command(python, "-m", "moto.server", "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	start(tb, cmd).ready(tb, listening(address(port)))
	return Store{Endpoint: "http://" + address(port), User: "user", Token: "secret-of-a-test"}
}

// FakeGCS starts fake-gcs-server, which speaks the JSON and XML APIs of Google Cloud Storage.
func FakeGCS(tb testing.TB) Store {
	tb.Helper()
	port := freePort(tb)
	url := "http://" + address(port)
	cmd := exec.Command(fromEnv(tb, "SERVERS", "fake-gcs-server"), "-scheme", "http", "-host", "127.0.0.1",
		"-port", strconv.Itoa(port), "-public-host", address(port), "-external-url", url,
		"-filesystem-root", tb.TempDir(), "-log-level", "warn")
	start(tb, cmd).ready(tb, listening(address(port)))
	return Store{Endpoint: url}
}

// The account that Azurite comes with; its key is public.
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Azurite starts Microsoft's emulator of Azure Blob Storage.
func Azurite(tb testing.TB) Store {
	tb.Helper()
	port := freePort(tb)
	cmd := exec.Command(fromEnv(tb, "AZURITE", "node_modules", ".bin", "azurite-blob"), "--silent", "--disableTelemetry",
		"--inMemoryPersistence", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", strconv.Itoa(port))
	cmd.Dir = tb.TempDir()
	start(tb, cmd).ready(tb, listening(address(port)))
	return Store{Endpoint: "http://" + address(port) + "/" + azuriteAccount, User: azuriteAccount, Token: azuriteKey}
}
