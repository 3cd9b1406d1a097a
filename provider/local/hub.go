package local

import (
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// hub tells of changes in folders. All watches of a cloud share one descriptor of the system, of which there are few;
// it is there only while something is watched.
type hub struct {
	mu      sync.Mutex
	watcher *fsnotify.Watcher
	wanted  map[string]map[chan<- struct{}]bool // by folder
}

// add has news sent to a channel of capacity 1 when something in dir changes, until stop is called. Where the system
// cannot tell, nothing is sent.
func (h *hub) add(dir string, news chan<- struct{}) (stop func()) {
	dir = filepath.Clean(dir)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watcher == nil && !h.start() {
		return func() {}
	}
	if h.wanted[dir] == nil {
		if h.watcher.Add(dir) != nil {
			h.rest()
			return func() {}
		}
		h.wanted[dir] = map[chan<- struct{}]bool{}
	}
	h.wanted[dir][news] = true
	return func() { h.remove(dir, news) }
}

func (h *hub) start() bool {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return false
	}
	h.watcher, h.wanted = w, map[string]map[chan<- struct{}]bool{}
	go h.tell(w)
	return true
}

func (h *hub) remove(dir string, news chan<- struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.wanted[dir], news)
	if len(h.wanted[dir]) == 0 {
		delete(h.wanted, dir)
		_ = h.watcher.Remove(dir) // a folder that is gone is watched no more anyway
	}
	h.rest()
}

// rest closes the descriptor when nothing is watched, aside: the kernel takes tens of milliseconds for it.
func (h *hub) rest() {
	if len(h.wanted) == 0 {
		go func(w *fsnotify.Watcher) { _ = w.Close() }(h.watcher) // what it fails to close ends with the process
		h.watcher = nil
	}
}

// tell passes news on until the watcher is closed.
func (h *hub) tell(w *fsnotify.Watcher) {
	events, errs := w.Events, w.Errors
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			h.send(filepath.Dir(e.Name))
		case _, ok := <-errs: // an overflow: anything may have changed
			if !ok {
				return
			}
			h.send("")
		}
	}
}

// send wakes those who watch a folder, or all for "".
func (h *hub) send(dir string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, channels := range h.wanted {
		if dir != "" && dir != name {
			continue
		}
		for c := range channels {
			select {
			case c <- struct{}{}:
			default: // news is on its way already
			}
		}
	}
}
