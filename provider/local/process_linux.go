package local

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openintercloud/broker/provider/remote"
)

// alive says whether a process still runs: the same one, not another with its pid. A zombie does not.
func alive(p remote.Process) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/stat")
	if err != nil {
		return false
	}
	// The name, in parentheses, may hold anything; the fields after it are numbered from 3, the state.
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(f) < 20 || f[0] == "Z" || f[0] == "X" || f[19] != p.Start {
		return false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return err == nil && strings.TrimSpace(string(boot)) == p.Boot
}

// awaitEnd waits until a process has ended. A descriptor of the process becomes readable then, so that waiting costs
// nothing; where the kernel has none, it is looked at again and again.
func awaitEnd(ctx context.Context, p remote.Process) error {
	fd, err := unix.PidfdOpen(p.PID, unix.PIDFD_NONBLOCK)
	if err != nil || !alive(p) { // a look after opening: now the descriptor is known to be of this process
		if err == nil {
			_ = unix.Close(fd)
		}
		return pollEnd(ctx, p)
	}
	f := os.NewFile(uintptr(fd), fmt.Sprintf("process %d", p.PID))
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Read(readable)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return pollEnd(ctx, p)
	}
	return nil
}

func readable(fd uintptr) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return err == nil && n > 0
}
