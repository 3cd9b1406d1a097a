//go:build unix && !linux

package local

import (
	"context"
	"os/exec"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/provider/remote"
)

// alive says whether a process still runs: the same one, not another with its pid. A zombie does not.
func alive(p remote.Process) bool {
	cmd := exec.Command("ps", "-o", "state=", "-o", "lstart=", "-p", strconv.Itoa(p.PID))
	cmd.Env = append(environment(), "LC_ALL=C", "TZ=UTC0")
	out, err := cmd.Output()
	f := strings.Fields(string(out))
	return err == nil && len(f) == 6 && f[0][0] != 'Z' && strings.Join(f[1:], "_") == p.Start
}

// awaitEnd waits until a process has ended.
func awaitEnd(ctx context.Context, p remote.Process) error { return pollEnd(ctx, p) }
