//go:build unix

package file_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

func TestPipesAreNoObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	b := open(t, dir, file.Options{})
	require.Empty(t, keys(t, b, ""))
	require.Empty(t, keys(t, b, "pipe/"))
	_, err := b.Read(t.Context(), "pipe", transfer.Whole(), "")
	require.ErrorIs(t, err, transfer.ErrNotFound, "and opening one does not wait for a writer")
}

func TestNamesThatAreNoKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, `back\slash`, "x")
	b := open(t, dir, file.Options{})
	var failed error
	for _, err := range b.List(t.Context(), "") {
		failed = err
	}
	require.ErrorIs(t, failed, transfer.ErrInvalid)
}
