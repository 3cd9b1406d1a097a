package main

import (
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// bar is a live line on a terminal, and nothing elsewhere.
type bar struct {
	mu   sync.Mutex
	all  *mpb.Progress
	line *mpb.Bar
}

func newBar(screen io.Writer, total unit.Bytes) *bar {
	f, ok := screen.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	all := mpb.New(mpb.WithOutput(f))
	return &bar{all: all, line: all.AddBar(int64(total),
		mpb.PrependDecorators(decor.Counters(decor.SizeB1000(0), "% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1000(0), "% .1f  "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

func (b *bar) tell(p transfer.Progress) {
	if b.line == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Listed {
		b.line.SetTotal(int64(p.BytesTotal), false)
	}
	b.line.SetCurrent(int64(p.Bytes))
}

func (b *bar) stop() {
	if b.line != nil {
		b.line.SetTotal(-1, true)
		b.all.Wait()
	}
}
