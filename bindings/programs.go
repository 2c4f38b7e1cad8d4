package native

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// programs are the compiled array programs; runs take no lock.
var programs struct {
	last atomic.Int64
	open sync.Map // int64 -> *program
}

// program is a compiled array program with the types that cross the border.
type program struct {
	source  *expr.Program
	code    *engine.Executable
	in, out []expr.Type
	shared  bool      // some stage is worth a team
	long    bool      // a call may take so long that its caller must stay interruptible
	idle    sync.Pool // of *arguments
}

// arguments are the headers of one call, reused.
type arguments struct{ in, out []*array.Array }

// brief is the guessed time up to which a call runs on its caller's thread alone; patience is how long the caller of a longer one waits before
// it gets a ticket.
const (
	brief    = time.Millisecond
	patience = 50 * time.Millisecond
)

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
	out := source.OutputTypes()
	if len(r.Outputs) != len(out) {
		return 0, spec.Errorf(spec.InternalError, "program: the caller expects %d results, there are %d", len(r.Outputs), len(out))
	}
	for k, want := range r.Outputs {
		if !want.Equal(out[k]) {
			return 0, spec.Errorf(spec.InternalError, "program: the caller expects result %d to be %v, it is %v", k, want, out[k])
		}
	}
	return install(source)
}

// install compiles a program and gives it a number.
func install(source *expr.Program) (id int64, err error) {
	code, err := engine.Compile(source, engine.Options{})
	if err != nil {
		return 0, err
	}
	p := &program{source: source, code: code, in: source.InputTypes(), out: source.OutputTypes()}
	p.idle.New = func() any { return &arguments{headers(p.in), headers(p.out)} }
	var cost time.Duration
	for _, stage := range code.Stages() {
		cost += stage.Cost
		p.shared = p.shared || stage.Shared
	}
	p.long = cost > brief
	id = programs.last.Add(1)
	programs.open.Store(id, p)
	return id, nil
}

// halves are the two programs of a derivative: value is x -> (y, residuals), linear takes (residuals, x, directions).
type halves struct {
	Value     int64       `json:"value"`
	Linear    int64       `json:"linear"`
	Residuals []expr.Type `json:"residuals"`
	Outputs   []expr.Type `json:"outputs"` // of linear
	Reads     []bool      `json:"reads"`   // whether linear reads an input of x
}

// ProgramLinearize compiles the derivative of a program in two halves: {"program": wire form, "wrt": inputs, "reverse": cotangents instead of
// tangents}. It answers {"value": id, "linear": id, "residuals": [types], "outputs": [types], "reads": [bools]}, see expr.Linearize.
func ProgramLinearize(request string) (answer string, err error) {
	defer guard(&err)
	var r struct {
		Program json.RawMessage `json:"program"`
		Wrt     []int           `json:"wrt"`
		Reverse bool            `json:"reverse"`
	}
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return "", spec.Errorf(spec.SpecError, "program: %v", err)
	}
	source, err := expr.Decode(r.Program)
	if err != nil {
		return "", err
	}
	value, linear, err := expr.Linearize(source, r.Wrt, r.Reverse)
	if err != nil {
		return "", err
	}
	h := halves{Residuals: value.OutputTypes()[len(source.Outputs):], Outputs: linear.OutputTypes(), Reads: make([]bool, source.Inputs)}
	for _, n := range linear.Nodes {
		for _, x := range n.Args {
			if k := int(x) - len(h.Residuals); k >= 0 && k < len(h.Reads) {
				h.Reads[k] = true
			}
		}
	}
	if h.Value, err = install(value); err != nil {
		return "", err
	}
	if h.Linear, err = install(linear); err != nil {
		programs.open.Delete(h.Value)
		return "", err
	}
	text, err := json.Marshal(h)
	return string(text), err
}

func headers(types []expr.Type) []*array.Array {
	all := make([]*array.Array, len(types))
	for k, t := range types {
		all[k] = array.Borrow("", t.Dtype, t.Shape, nil)
	}
	return all
}

// crew is the team that one call at a time may have; calls beside it run alone.
var crew struct {
	sync.Mutex
	team *par.Team
}

// claim takes the team, if the program is worth it and it is free; then crew is to be unlocked.
func (p *program) claim() bool {
	if !p.shared || !crew.TryLock() {
		return false
	}
	if n := par.Threads(); crew.team.Size() != n {
		if crew.team != nil {
			crew.team.Close()
		}
		crew.team = par.NewTeam(n)
	}
	return true
}

// run computes the outputs in the arguments' memory.
func (p *program) run(ctx context.Context, a *arguments) error {
	if !p.claim() {
		return p.code.Run(ctx, nil, a.in, a.out)
	}
	defer crew.Unlock()
	return p.code.Run(ctx, crew.team, a.in, a.out)
}

// ProgramRun runs a program on raw memory. block is the address of one int64 for each input, then each output: the addresses of dense C-ordered
// arrays of their types (0 allowed where there are no elements). Inputs are read, outputs written; nothing is kept. Any thread may call. The
// answer is 0 when the results are there. A call that lasts longer than 50 ms gives the number of a ticket for ProgramWait; until that one
// answers, the memory stays in use.
func ProgramRun(id, block int64) (ticket int64, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	p, a, err := argumentsAt(id, block)
	if err != nil {
		return 0, err
	}
	if !p.long {
		err = p.run(context.Background(), a)
		p.idle.Put(a)
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &ticketed{cancel: cancel, done: par.Go(func() error {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer p.idle.Put(a)
		return p.run(ctx, a)
	})}
	if ended, err := t.wait(patience); ended {
		return 0, err
	}
	ticket = programs.last.Add(1)
	tickets.Store(ticket, t)
	return ticket, nil
}

// argumentsAt finds a program and points headers at the memory that block lists.
func argumentsAt(id, block int64) (p *program, a *arguments, err error) {
	if p, err = findProgram(id); err != nil {
		return nil, nil, err
	}
	n := len(p.in) + len(p.out)
	if n > 0 && (block == 0 || block%8 != 0) {
		return nil, nil, spec.Expected("block", "the address of one int64 for each input and output", block)
	}
	addresses := unsafe.Slice((*int64)(at(block)), n)
	a = p.idle.Get().(*arguments)
	if err = point(p.in, a.in, addresses); err != nil {
		return nil, nil, err
	}
	return p, a, point(p.out, a.out, addresses[len(p.in):])
}

// tickets are the calls that are under way: int64 -> *ticketed.
var tickets sync.Map

type ticketed struct {
	cancel  context.CancelFunc
	done    <-chan error
	profile *profile // of a ProgramProfile, complete when done
}

func (t *ticketed) wait(d time.Duration) (ended bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err = <-t.done:
		t.cancel()
		return true, err
	case <-timer.C:
		return false, nil
	}
}

// ProgramWait waits for a call at most ms; true when it has ended, which it reports once.
func ProgramWait(ticket, ms int64) (ended bool, err error) {
	defer guard(&err)
	t, ok := tickets.Load(ticket)
	if !ok {
		return false, spec.Errorf(spec.ClosedError, "call %d has ended, or never was", ticket)
	}
	if ended, err = t.(*ticketed).wait(milliseconds(ms)); ended {
		tickets.Delete(ticket)
	}
	return ended, err
}

// ProgramCancel stops a call and returns when it has stopped; its results are undefined. False if it had ended.
func ProgramCancel(ticket int64) (did bool, err error) {
	defer guard(&err)
	t, ok := tickets.LoadAndDelete(ticket)
	if !ok {
		return false, nil
	}
	t.(*ticketed).cancel()
	<-t.(*ticketed).done
	return true, nil
}

// point gives the headers their memory.
func point(types []expr.Type, headers []*array.Array, addresses []int64) (err error) {
	for k, t := range types {
		if headers[k].Data, err = memoryAt(addresses[k], t); err != nil {
			return err
		}
	}
	return nil
}

// at is an address that came as a number.
func at(address int64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

func memoryAt(address int64, t expr.Type) ([]byte, error) {
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

// ProgramShow lists a program: form "source" as it was traced, "compiled" as it runs, "stages" how,
// "bytes" the size of its buffers, "wire" its wire form.
func ProgramShow(id int64, form string) (text string, err error) {
	defer guard(&err)
	p, err := findProgram(id)
	if err != nil {
		return "", err
	}
	switch form {
	case "source":
		return p.source.String(), nil
	case "stages":
		var text strings.Builder
		for _, stage := range p.code.Stages() {
			text.WriteString(stage.String() + "\n")
		}
		return text.String(), nil
	case "compiled":
		return p.code.Program().String(), nil
	case "bytes":
		return strconv.Itoa(p.code.Bytes()), nil
	case "wire":
		raw, err := json.Marshal(p.source)
		return string(raw), err
	}
	return "", spec.Expected("form", "source, compiled, stages, bytes or wire", form)
}
