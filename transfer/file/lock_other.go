//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import "os"

// flock does nothing where processes have no lock to share: there, one process at a time may write to a bucket.
func flock(*os.File) error { return nil }
