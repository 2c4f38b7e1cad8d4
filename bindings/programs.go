package native

import (
	"encoding/json"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// programs are the compiled array programs; runs take no lock.
var programs struct {
	last atomic.Int64
	open sync.Map // int64 -> *program
}

// program is a compiled array program with the types that cross the border.
type program struct {
	source, code *expr.Program
	in, out      []expr.Type
}

// programSpec is what ProgramCompile reads. Outputs are the types that the caller expects and will make room for.
type programSpec struct {
	Program json.RawMessage `json:"program"`
	Outputs []expr.Type     `json:"outputs"`
}

func findProgram(id int64) (*program, error) {
	if p, ok := programs.open.Load(id); ok {
		return p.(*program), nil
	}
	return nil, spec.Errorf(spec.ClosedError, "program %d was freed, or never was", id)
}

// ProgramCompile checks and compiles a program: {"program": wire form of core/expr, "outputs": [{"dtype", "shape"}]}.
func ProgramCompile(request string) (id int64, err error) {
	defer guard(&err)
	var r programSpec
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return 0, spec.Errorf(spec.SpecError, "program: %v", err)
	}
	source, err := expr.Decode(r.Program)
	if err != nil {
		return 0, err
	}
	code, err := expr.Lower(source)
	if err != nil {
		return 0, err
	}
	if code, err = expr.Optimize(code, expr.AllPasses); err != nil {
		return 0, err
	}
	p := &program{source: source, code: code, in: code.InputTypes(), out: code.OutputTypes()}
	if len(r.Outputs) != len(p.out) {
		return 0, spec.Errorf(spec.InternalError, "program: the caller expects %d results, there are %d", len(r.Outputs), len(p.out))
	}
	for k, want := range r.Outputs {
		if !want.Equal(p.out[k]) {
			return 0, spec.Errorf(spec.InternalError, "program: the caller expects result %d to be %v, it is %v", k, want, p.out[k])
		}
	}
	id = programs.last.Add(1)
	programs.open.Store(id, p)
	return id, nil
}

// ProgramRun runs a program on raw memory. block is the address of one int64 for each input, then each output: the addresses of dense C-ordered
// arrays of their types (0 allowed where there are no elements). Inputs are read, outputs written; nothing is kept. Any thread may call.
func ProgramRun(id, block int64) (done bool, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	p, err := findProgram(id)
	if err != nil {
		return false, err
	}
	n := len(p.in) + len(p.out)
	if n > 0 && (block == 0 || block%8 != 0) {
		return false, spec.Expected("block", "the address of one int64 for each input and output", block)
	}
	addresses := unsafe.Slice((*int64)(at(block)), n)
	in := make([]*array.Array, len(p.in))
	for k, t := range p.in {
		data, err := memoryAt(addresses[k], t)
		if err != nil {
			return false, err.With("input", k)
		}
		in[k] = array.Borrow("", t.Dtype, t.Shape, data)
	}
	results, err := expr.Reference(p.code, in)
	if err != nil {
		return false, err
	}
	for k, r := range results {
		data, err := memoryAt(addresses[len(p.in)+k], p.out[k])
		if err != nil {
			return false, err.With("output", k)
		}
		copy(data, r.Data)
	}
	return true, nil
}

// at is an address that came as a number.
func at(address int64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

func memoryAt(address int64, t expr.Type) ([]byte, *spec.Error) {
	n := t.Len() * t.Dtype.Size()
	if n == 0 {
		return nil, nil
	}
	if address == 0 {
		return nil, spec.Errorf(spec.SpecError, "no memory for %v", t)
	}
	return unsafe.Slice((*byte)(at(address)), n), nil
}

// ProgramFree forgets a program; runs that are under way finish. False if it was freed.
func ProgramFree(id int64) (did bool, err error) {
	defer guard(&err)
	_, did = programs.open.LoadAndDelete(id)
	if !did && (id <= 0 || id > programs.last.Load()) {
		_, err = findProgram(id)
	}
	return did, err
}

// ProgramShow lists a program: form "source" as it was traced, "compiled" as it runs.
func ProgramShow(id int64, form string) (text string, err error) {
	defer guard(&err)
	p, err := findProgram(id)
	if err != nil {
		return "", err
	}
	switch form {
	case "source":
		return p.source.String(), nil
	case "compiled":
		return p.code.String(), nil
	}
	return "", spec.Expected("form", "source or compiled", form)
}
