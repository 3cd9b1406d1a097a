//go:build !unix

package remote

import "errors"

func lock(string) (func() error, error) {
	return nil, errors.New("an account needs the file locks of a Unix system: on Windows, run it in WSL")
}
