package engine

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/machine"
)

// loop is a run of instructions as machine code; kernels are the instructions themselves, for where code cannot run.
type loop struct {
	code    *codes
	offset  int
	wide    bool
	slots   []int32 // of the table's pointers
	kernels []instr
}

// codes are the loops of a program.
type codes struct {
	text  []byte
	loops *machine.Loops
}

func runLoop(f *frame, in *instr, n int) {
	l := in.loop
	if l.code.loops == nil || !machine.Available() {
		for i := range l.kernels {
			k := &l.kernels[i]
			k.run(f, k, n)
		}
		return
	}
	for k, slot := range l.slots {
		f.table[k] = f.ptr[slot]
	}
	l.code.loops.Run(l.offset, l.wide, &f.table[0], n)
}

const (
	mostPointers = 64   // of a loop
	longestLoop  = 48   // instructions
	mostItems    = 4000 // of a nest that is put in order for loops
)

var stepKinds = map[expr.Op]machine.Kind{
	expr.OpAdd: machine.Add, expr.OpSub: machine.Sub, expr.OpMul: machine.Mul, expr.OpDiv: machine.Div, expr.OpMax: machine.Max, expr.OpMin: machine.Min,
	expr.OpMulz: machine.MulZero, expr.OpNeg: machine.Neg, expr.OpAbs: machine.Abs, expr.OpSqrt: machine.Sqrt, expr.OpSqrt0: machine.Sqrt, expr.OpRsqrt: machine.Rsqrt,
	expr.OpLess: machine.Less, expr.OpLessEqual: machine.LessEqual, expr.OpEqual: machine.Equal, expr.OpNotEqual: machine.NotEqual,
	expr.OpGreater: machine.Greater, expr.OpGreaterEqual: machine.GreaterEqual, expr.OpSelect: machine.Select,
}

// coded tells that an item can be a part of a loop.
func (it *item) coded() bool {
	if it.kind != iCompute || !hasColumns(it.operand) {
		return false
	}
	if it.node.Op == expr.OpIntegerPow {
		return it.node.Attrs.N >= 2 && it.node.Attrs.N <= 4
	}
	_, ok := stepKinds[it.node.Op]
	return ok && !it.outside
}

// order puts the items so that what can be a loop stands together: loads first, then in turn what is coded and what is not, each as early as
// its operands allow.
func (s *nest) order() {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	s.masks()
	phase := make([]int, len(s.items))
	for i := range s.items {
		it := &s.items[i]
		p := 0
		for _, a := range it.args {
			if a >= 0 {
				p = max(p, phase[a])
			}
		}
		switch {
		case it.kind == iLoad || it.kind == iFill:
			p = -1
		case it.coded():
			p = (p + 1) &^ 1
		default:
			p |= 1
		}
		phase[i] = p
	}
	index := make([]int, len(s.items))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int { return phase[i] - phase[j] })
	to := make([]int32, len(s.items))
	items := make([]item, len(s.items))
	for k, i := range index {
		to[i], items[k] = int32(k), s.items[i]
	}
	for i := range items {
		for k, a := range items[i].args {
			if a >= 0 {
				items[i].args[k] = to[a]
			}
		}
	}
	s.items = items
}

// masks tells which comparisons and selections are no part of a loop: truth values stay in mask registers, so that all selections of a
// comparison have to be coded, and all comparisons of a selection.
func (s *nest) masks() {
	mask := func(it *item) bool { return it.kind == iCompute && it.node.Type.Dtype == array.Bool }
	for changed := true; changed; {
		changed = false
		for i := range s.items {
			it := &s.items[i]
			chosen := it.coded() && it.node.Op == expr.OpSelect
			for k, a := range it.args {
				if a < 0 || !mask(&s.items[a]) && !(chosen && k == 0) {
					continue
				}
				from := &s.items[a]
				if fits := chosen && k == 0 && from.coded() && mask(from) && from.mem < 0 && from.operand == it.operand; fits {
					continue
				}
				if chosen && !it.outside {
					it.outside, changed = true, true
				}
				if mask(from) && !from.outside {
					from.outside, changed = true, true
				}
			}
			if mask(it) && it.mem >= 0 && !it.outside {
				it.outside, changed = true, true
			}
		}
	}
}

// loops turns runs of coded instructions into machine code.
func (s *nest) loops(pl *planner, last []int32) {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	var code []instr
	for i := 0; i < len(s.code); {
		j := i
		for j < len(s.code) && j-i < longestLoop && s.items[s.code[j].item].coded() && s.items[s.code[j].item].operand == s.items[s.code[i].item].operand {
			j++
		}
		if j-i < 2 {
			code = append(code, s.code[i])
			i++
			continue
		}
		for ; j-i >= 2; j-- {
			if l := s.assemble(pl, s.code[i:j], last); l != nil {
				code = append(code, instr{run: runLoop, loop: l, item: s.code[i].item})
				break
			}
			if j-i > 12 {
				j -= (j - i) / 4
			}
		}
		if j-i < 2 {
			j = i + 1
			code = append(code, s.code[i])
		}
		i = j
	}
	s.code = code
}

func (s *nest) assemble(pl *planner, run []instr, last []int32) *loop {
	l := &loop{code: &pl.code, wide: s.items[run[0].item].operand == array.Float64, kernels: slices.Clone(run)}
	var steps []machine.Step
	place := map[int32]int32{} // step of an item
	loads := map[[2]int32]int32{}
	table := map[int32]int32{}
	pointer := func(slot int32) int32 {
		k, known := table[slot]
		if !known {
			k = int32(len(l.slots))
			table[slot] = k
			l.slots = append(l.slots, slot)
		}
		return k
	}
	emit := func(st machine.Step) int32 {
		steps = append(steps, st)
		return int32(len(steps) - 1)
	}
	end := run[len(run)-1].item
	for i := range run {
		in := &run[i]
		it := &s.items[in.item]
		var x [3]int32
		for k, a := range it.args {
			if p, here := place[a]; a >= 0 && here {
				x[k] = p
				continue
			}
			if it.node.Op == expr.OpSelect && k == 0 {
				return nil
			}
			kind, key := machine.Load, [2]int32{in.x[k], 0}
			if in.one[k] {
				kind, key[1] = machine.Broadcast, 1
			}
			p, known := loads[key]
			if !known {
				p = emit(machine.Step{Kind: kind, Pointer: pointer(in.x[k])})
				loads[key] = p
			}
			x[k] = p
		}
		var r int32
		switch {
		case it.also != nil:
			r = emit(machine.Step{Kind: stepKinds[it.also.Op], A: x[0], B: x[1]})
			if it.from {
				r = emit(machine.Step{Kind: machine.Sub, A: x[2], B: r})
			} else {
				r = emit(machine.Step{Kind: stepKinds[it.node.Op], A: r, B: x[2]})
			}
		case it.node.Op == expr.OpIntegerPow:
			r = emit(machine.Step{Kind: machine.Mul, A: x[0], B: x[0]})
			if k := it.node.Attrs.N; k == 3 {
				r = emit(machine.Step{Kind: machine.Mul, A: r, B: x[0]})
			} else if k == 4 {
				r = emit(machine.Step{Kind: machine.Mul, A: r, B: r})
			}
		default:
			r = emit(machine.Step{Kind: stepKinds[it.node.Op], A: x[0], B: x[1], C: x[2]})
		}
		place[in.item] = r
		if it.mem >= 0 || last[in.item] > end {
			if it.node.Type.Dtype == array.Bool {
				return nil
			}
			emit(machine.Step{Kind: machine.Store, A: r, Pointer: pointer(in.d)})
		}
	}
	if len(l.slots) > mostPointers {
		return nil
	}
	code, ok := machine.Assemble(steps, l.wide)
	if !ok {
		return nil
	}
	for len(pl.code.text)%line != 0 {
		pl.code.text = append(pl.code.text, 0xcc)
	}
	l.offset = len(pl.code.text)
	pl.code.text = append(pl.code.text, code...)
	return l
}
