package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Postgres starts a PostgreSQL of its own and returns its URL. It refuses to run as root: there it runs as nobody.
func Postgres(tb testing.TB) string {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(tb, err)
	require.NotEmpty(tb, found, "install PostgreSQL, or run `make setup`")
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "pg") // short: the path of a Unix socket is limited
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := nobody(tb, dir)

	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "test", "--auth=trust", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, dir
	out, err := initdb.CombinedOutput()
	require.NoError(tb, err, string(out))

	port := freePort(tb)
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port),
		"-h", "127.0.0.1", "-k", dir, "-F")
	cmd.SysProcAttr, cmd.Dir = as, dir
	start(tb, cmd).ready(tb, func(ctx context.Context) error { // it listens before it lets anybody in
		return exec.CommandContext(ctx, filepath.Join(bin, "pg_isready"), "-h", "127.0.0.1", "-p", strconv.Itoa(port)).Run()
	})
	return fmt.Sprintf("postgres://test@%s/postgres?sslmode=disable", address(port))
}

// nobody gives the folder to an unprivileged user when the test runs as root, and says how to run as that user.
func nobody(tb testing.TB, dir string) *syscall.SysProcAttr {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("nobody")
	require.NoError(tb, err)
	uid, err := strconv.Atoi(who.Uid)
	require.NoError(tb, err)
	gid, err := strconv.Atoi(who.Gid)
	require.NoError(tb, err)
	require.NoError(tb, os.Chown(dir, uid, gid))
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
