package file

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/openintercloud/broker/transfer"
)

const (
	hidden   = ".broker" // the folder of the bucket itself, no object at any depth
	tempDir  = hidden + "/uploads"
	metaDir  = hidden + "/attributes"
	lockFile = hidden + "/lock"

	dirMode  = 0o755
	fileMode = 0o644

	longest = 255 // bytes in one element of a path, on all common file systems
)

// fileName is the path, below the bucket's directory, of the file that holds key.
func fileName(key string) (string, error) {
	if err := transfer.CheckKey(key); err != nil {
		return "", err
	}
	for element := range strings.SplitSeq(key, "/") {
		switch {
		case element == "" || element == ".":
			return "", fmt.Errorf("key %q has an empty or \".\" element, which no file can have: %w", key, transfer.ErrInvalid)
		case element == hidden:
			return "", fmt.Errorf("key %q has an element %q, which the bucket keeps for itself: %w", key, hidden, transfer.ErrInvalid)
		case len(element) > longest:
			return "", fmt.Errorf("key %q has an element longer than %d bytes: %w", key, longest, transfer.ErrInvalid)
		}
	}
	return filepath.FromSlash(key), nil
}

// refine gives the errors of the file system the meaning they have for a bucket.
func refine(err error) error {
	switch {
	case err == nil || errors.Is(err, transfer.ErrConflict) || errors.Is(err, transfer.ErrInvalid) || errors.Is(err, transfer.ErrNotFound):
		return err
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: %w", transfer.ErrNotFound, err)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return fmt.Errorf("%w: %w", transfer.ErrInvalid, err)
	}
	return err
}
