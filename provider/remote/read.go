package remote

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Longest part of a task's progress that is read.
const progressLimit = 200

// Read tells what is known of a task from its folder, for a runner on the same machine: what [Runner.Status] tells,
// without a shell. alive says whether a process still runs.
func Read(dir string, alive func(Process) bool) Status {
	state := filepath.Join(dir, "state")
	var s Status
	if !exists(state) {
		return s
	}
	s.Exists, s.Closed = true, exists(filepath.Join(dir, "..", "..", "closed"))
	s.Wrapper = readLine(state, "pid", ParseProcess)
	s.Alive = s.Wrapper != nil && alive(*s.Wrapper)
	s.Exit = readLine(state, "exit", ParseExit) // after the look at the process, which leaves it on its way out
	s.Child = readLine(state, "child", ParseProcess)
	switch {
	case s.Exit != nil:
		s.Started = s.Exit.Started
	case s.Child != nil:
		s.Started = lastChange(filepath.Join(state, "child"))
	}
	s.Ready = exists(filepath.Join(state, "ready"))
	text, _ := head(filepath.Join(state, "progress"), progressLimit)
	s.Progress = ParseProgress(text, lastChange(filepath.Join(state, "progress"), filepath.Join(dir, "log")))
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readLine is nil for a file that is not there, not whole or not valid.
func readLine[T any](dir, name string, parse func(string) (T, error)) *T {
	text, err := head(filepath.Join(dir, name), 1024)
	if err != nil || !strings.HasSuffix(text, "\n") {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		return nil
	}
	return &v
}

func head(path string, limit int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit))
	return string(b), err
}

func lastChange(paths ...string) time.Time {
	var at time.Time
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.ModTime().After(at) {
			at = info.ModTime().UTC()
		}
	}
	return at
}
