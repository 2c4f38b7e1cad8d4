package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/par"
)

// Workspace holds what products need between calls: a packing buffer per worker. It grows to the largest product that it has seen and is
// used by one product at a time. The zero value works alone; NewWorkspace shares products among a team.
type Workspace struct {
	team    *par.Team
	buffers []buffers
	job32   job[float32]
	job64   job[float64]
	run32   func(worker int)
	run64   func(worker int)
}

// NewWorkspace is a workspace whose products are shared among the members of the team; nil means the caller alone.
func NewWorkspace(team *par.Team) *Workspace {
	w := &Workspace{team: team, buffers: make([]buffers, team.Size())}
	w.run32 = func(worker int) { w.job32.part(worker, len(w.buffers), &w.buffers[worker]) }
	w.run64 = func(worker int) { w.job64.part(worker, len(w.buffers), &w.buffers[worker]) }
	return w
}

func (w *Workspace) own() *buffers {
	if w == nil {
		return new(buffers)
	}
	if len(w.buffers) == 0 {
		w.buffers = make([]buffers, 1)
	}
	return &w.buffers[0]
}

// buffers are one worker's packed blocks of A and B, and a dense C.
type buffers struct{ a, b, c []byte }

// block is room for n elements on a cache line, kept in *buffer.
func block[T Real](buffer *[]byte, n int) []T {
	const line = 64
	need := n*int(unsafe.Sizeof(*new(T))) + line
	if len(*buffer) < need {
		*buffer = make([]byte, need)
	}
	p := unsafe.Pointer(unsafe.SliceData(*buffer))
	return unsafe.Slice((*T)(unsafe.Add(p, -uintptr(p)&(line-1))), n)
}
