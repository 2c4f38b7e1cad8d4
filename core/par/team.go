package par

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/spec"
)

// Team is a fixed group of workers for short phases that follow each other closely (the two colours of a sweep): between phases its
// members spin for a few microseconds before they sleep. Each share of a phase is claimed by the helper whose it is, or by the caller once
// its own is done: a helper that sleeps, or whose core is taken by another program, keeps nobody waiting. A nil *Team is a team of one: the caller.
type Team struct {
	size  int
	phase atomic.Uint64 // incremented to start a phase
	_     [line]byte
	left  atomic.Int64 // shares of helpers that are not done
	_     [line]byte
	taken []share
	fn    func(worker int)
	stop  atomic.Bool
	mu    sync.Mutex
	wake  *sync.Cond
	fault atomic.Pointer[spec.Error]
}

// share is the last phase in which a helper's share was claimed; every phase is claimed once.
type share struct {
	phase atomic.Uint64
	_     [line - 8]byte
}

const line = 64

// spins before a waiting member yields, and yields before it sleeps.
const (
	spinTurns  = 2000
	yieldTurns = 200
)

// NewTeam starts n-1 helpers; the caller of Run is the n-th member. Close ends them.
func NewTeam(n int) *Team {
	t := &Team{size: max(n, 1), taken: make([]share, max(n, 1))}
	t.wake = sync.NewCond(&t.mu)
	for w := 1; w < t.size; w++ {
		go t.serve(w)
	}
	return t
}

// Size is the number of members.
func (t *Team) Size() int {
	if t == nil {
		return 1
	}
	return t.size
}

// Run calls fn(worker) once for each worker = 0..Size()-1, on several members at once where they are free, and returns when all are done. Calls
// must not wait for each other. A panic of any is returned as an InternalError. Run is not re-entrant.
func (t *Team) Run(fn func(worker int)) (err error) {
	defer Guard(&err)
	if t.Size() == 1 {
		fn(0)
		return nil
	}
	t.fn = fn
	t.left.Store(int64(t.size - 1))
	t.mu.Lock()
	phase := t.phase.Add(1)
	t.mu.Unlock()
	t.wake.Broadcast()
	own := t.member(0)
	for w := 1; w < t.size; w++ {
		t.claim(w, phase)
	}
	for i := 0; t.left.Load() > 0; i++ {
		if i > spinTurns {
			runtime.Gosched()
		}
	}
	t.fn = nil
	if own != nil {
		return own
	}
	if e := t.fault.Swap(nil); e != nil {
		return e
	}
	return nil
}

// claim does the share of a helper in a phase, unless it is taken.
func (t *Team) claim(w int, phase uint64) {
	if !t.taken[w].phase.CompareAndSwap(phase-1, phase) {
		return
	}
	if err := t.member(w); err != nil {
		t.fault.Store(spec.Of(err))
	}
	t.left.Add(-1)
}

// Close ends the helpers. The team must not be running.
func (t *Team) Close() {
	if t == nil {
		return
	}
	t.stop.Store(true)
	t.mu.Lock()
	t.phase.Add(1)
	t.mu.Unlock()
	t.wake.Broadcast()
}

func (t *Team) member(w int) (err error) {
	defer Guard(&err)
	t.fn(w)
	return nil
}

func (t *Team) serve(w int) {
	debug.SetPanicOnFault(true)
	for seen := uint64(0); ; {
		seen = t.await(seen)
		if t.stop.Load() {
			return
		}
		t.claim(w, seen)
	}
}

// await returns the phase that is on once it is another than the one seen.
func (t *Team) await(seen uint64) uint64 {
	for i := 0; i < spinTurns+yieldTurns; i++ {
		if now := t.phase.Load(); now != seen {
			return now
		}
		if i > spinTurns {
			runtime.Gosched()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.phase.Load() == seen {
		t.wake.Wait()
	}
	return t.phase.Load()
}
