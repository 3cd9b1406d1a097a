//go:build !unix

package local

import (
	"context"
	"errors"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider/remote"
)

var errNotUnix = errors.New("a local cloud needs a Unix system: on Windows, run it in WSL")

func supported() error                               { return errNotUnix }
func alive(remote.Process) bool                      { return false }
func awaitEnd(context.Context, remote.Process) error { return errNotUnix }
func machineMemory() (unit.Bytes, error)             { return 0, errNotUnix }
