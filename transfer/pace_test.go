package transfer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// link is a model of a path: one stream reaches perStream, all together at most cap.
type link struct{ perStream, cap float64 }

func (l link) run(p *pace, windows int) (mean float64, streams int) {
	streams, total := p.n, 0.0
	for range windows {
		got := min(float64(streams)*l.perStream, l.cap)
		total += got
		streams = p.next(window{bytes: int64(got), length: time.Second})
	}
	return total / float64(windows), streams
}

func TestPaceFillsTheLinkWithFewStreams(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enough := rapid.IntRange(1, 60).Draw(t, "streams that fill the link")
		l := link{perStream: 1e6, cap: float64(enough) * 1e6}
		p := newPace(1)
		l.run(&p, 30) // finds the plateau
		mean, _ := l.run(&p, 200)
		require.GreaterOrEqual(t, mean, 0.95*l.cap)
		require.LessOrEqual(t, p.n, enough+enough/2+1)
	})
}

func TestPaceFindsAChangedLink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPace(1)
		for range 4 {
			l := link{perStream: 1e6, cap: 1e6 * rapid.Float64Range(1, 60).Draw(t, "cap")}
			l.run(&p, 60) // at a quarter of a second each
			mean, _ := l.run(&p, 60)
			require.GreaterOrEqual(t, mean, 0.93*l.cap)
		}
	})
}

func TestPaceLeavesALinkAloneThatOneStreamFills(t *testing.T) {
	l := link{perStream: 1e6, cap: 1e6}
	p := newPace(1)
	l.run(&p, 20)
	for range 200 {
		_, n := l.run(&p, 1)
		require.LessOrEqual(t, n, 2)
	}
}

func TestPaceLetsGoWhenAsked(t *testing.T) {
	p := newPace(1)
	l := link{perStream: 1e6, cap: 40e6}
	l.run(&p, 40)
	full := p.n
	require.Equal(t, full/2, p.next(window{bytes: 1e6, length: time.Second, throttled: true}))
	l.run(&p, 2)
	require.Equal(t, full/2, p.n, "it waits before it climbs again")
	mean, _ := l.run(&p, 200)
	require.Greater(t, mean, 0.9*l.cap)
	for range 10 {
		p.next(window{length: time.Second, throttled: true})
	}
	require.Equal(t, 1, p.n)
}
