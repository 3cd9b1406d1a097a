//go:build unix

package file

import (
	"fmt"
	"os"
	"syscall"
)

// version tells contents apart by size, time of change and inode.
func version(info os.FileInfo) string {
	var inode uint64
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = uint64(s.Ino) //nolint:unconvert // its type differs between systems
	}
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode)
}
