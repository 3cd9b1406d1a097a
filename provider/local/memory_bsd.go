//go:build unix && !linux

package local

import (
	"os/exec"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/catalog/unit"
)

// machineMemory is how much memory this machine has.
func machineMemory() (unit.Bytes, error) {
	out, err := exec.Command("sysctl", "-n", "hw.memsize").Output()
	if err != nil {
		out, err = exec.Command("sysctl", "-n", "hw.physmem").Output()
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return unit.Bytes(n), err
}
