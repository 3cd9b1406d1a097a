package local

import (
	"golang.org/x/sys/unix"

	"github.com/openintercloud/broker/catalog/unit"
)

// machineMemory is how much memory this machine has.
func machineMemory() (unit.Bytes, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, err
	}
	return unit.Bytes(info.Totalram) * unit.Bytes(info.Unit), nil
}
