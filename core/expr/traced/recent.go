package traced

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/simd"
)

// The programs that were read last are kept with their machine code, so that a call with a program that is traced again to the same nodes, as in a scan
// over seeds or a cell that is run twice, neither reads nor compiles it. Programs do not change once they are read, and executables belong to no caller.
const (
	mostRecent = 16
	mostText   = 1 << 20 // bytes of a program's wire form
	mostMemory = 1 << 26 // bytes of all executables' arenas
)

type known struct {
	text       [sha256.Size]byte
	program    *expr.Program
	executable *engine.Executable
	level      simd.Level // that it was compiled for
}

var recent struct {
	sync.Mutex
	list []*known // the latest last
}

// read is expr.Decode, or what that gave for the same text lately.
func read(text []byte) (*expr.Program, error) {
	if len(text) > mostText {
		return expr.Decode(text)
	}
	sum := sha256.Sum256(text)
	is := func(k *known) bool { return k.text == sum }
	if k := latest(is); k.program != nil {
		return k.program, nil
	}
	p, err := expr.Decode(text)
	if err != nil {
		return nil, err
	}
	recent.Lock()
	defer recent.Unlock()
	recent.list = append(slices.DeleteFunc(recent.list, is), &known{text: sum, program: p})
	recent.list = slices.Delete(recent.list, 0, max(len(recent.list)-mostRecent, 0))
	return p, nil
}

// Compile is engine.Compile of a program that Decode read, or what that gave lately.
func Compile(p *expr.Program) (*engine.Executable, error) {
	is := func(k *known) bool { return k.program == p }
	level := simd.Current()
	if k := latest(is); k.executable != nil && k.level == level {
		return k.executable, nil
	}
	ex, err := engine.Compile(p, engine.Options{})
	if err != nil {
		return nil, err
	}
	recent.Lock()
	defer recent.Unlock()
	if at := slices.IndexFunc(recent.list, is); at >= 0 {
		recent.list[at].executable, recent.list[at].level = ex, level
	}
	room := mostMemory
	for _, k := range slices.Backward(recent.list) {
		if k.executable != nil {
			room -= k.executable.Bytes()
		}
		if room < 0 {
			k.executable = nil
		}
	}
	return ex, nil
}

// latest makes an entry the latest and tells what it keeps; nothing if there is none.
func latest(is func(*known) bool) (k known) {
	recent.Lock()
	defer recent.Unlock()
	if at := slices.IndexFunc(recent.list, is); at >= 0 {
		it := recent.list[at]
		recent.list = append(slices.Delete(recent.list, at, at+1), it)
		k = *it
	}
	return k
}
