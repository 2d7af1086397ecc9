package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress draws one bar on stderr if that is a terminal, and nothing
// otherwise.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
	look      atomic.Value // string; the bar is drawn by another goroutine
}

func newProgress(stderr io.Writer) *progress {
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	return &progress{container: mpb.New(mpb.WithOutput(stderr), mpb.WithRefreshRate(150*time.Millisecond))}
}

// start begins a piece of work of unknown length.
func (p *progress) start(label string) {
	if p.container == nil {
		return
	}
	p.end()
	p.look.Store("")
	p.bar = p.container.AddBar(0, // 0: the total is set later
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return label + p.look.Load().(string) }, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage(), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), "")),
	)
}

// update sets how much is done, of which of how many looks.
func (p *progress) update(look, looks, done, total int) {
	if p.bar != nil {
		p.look.Store("")
		if looks > 1 {
			p.look.Store(fmt.Sprintf(" look %d/%d", look, looks))
		}
		p.bar.SetTotal(int64(total), false)
		p.bar.SetCurrent(int64(done))
	}
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bar.Wait()
		p.bar = nil
	}
}

// close ends the bar and waits until the terminal is clean.
func (p *progress) close() {
	p.end()
	if p.container != nil {
		p.container.Wait()
	}
}
