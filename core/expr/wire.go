package expr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// version of the wire form.
const version = 1

// nesting is how deep programs may stand in programs.
const nesting = 16

// wireProgram is the JSON form: nodes by columns, attributes shared.
type wireProgram struct {
	Version int          `json:"version"`
	Inputs  []Type       `json:"inputs"`
	Ops     []string     `json:"ops"`   // names that occur
	Code    []int        `json:"code"`  // node k applies ops[code[k]]
	Args    idLists      `json:"args"`  // operand ids; node k has id len(inputs) + k
	Attrs   []*wireAttrs `json:"attrs"` // attributes that occur
	Attr    []int        `json:"attr"`  // node k has attrs[attr[k]]; -1: none
	Outputs []ID         `json:"outputs"`
}

type wireAttrs struct {
	Attrs
	Value   *wireNumber       `json:"value,omitempty"` // const of rank 0: a number, a bool, "nan", "inf", "-inf", or [re, im] of such
	Data    *string           `json:"data,omitempty"`  // const: base64 of little-endian C-ordered elements
	Program json.RawMessage   `json:"program,omitempty"`
	Rules   []json.RawMessage `json:"rules,omitempty"`
}

// MarshalJSON writes the wire form.
func (p *Program) MarshalJSON() ([]byte, error) {
	w := wireProgram{Version: version, Inputs: p.InputTypes(), Ops: []string{}, Code: []int{}, Args: idLists{}, Attrs: []*wireAttrs{}, Attr: []int{}, Outputs: p.Outputs}
	code := map[Op]int{}
	shared := map[*Attrs]int{nil: -1}
	for _, n := range p.Nodes[p.Inputs:] {
		if _, ok := code[n.Op]; !ok {
			code[n.Op] = len(w.Ops)
			w.Ops = append(w.Ops, n.Op.String())
		}
		if _, ok := shared[n.Attrs]; !ok {
			a, err := attrsToWire(n.Attrs)
			if err != nil {
				return nil, err
			}
			shared[n.Attrs] = len(w.Attrs)
			w.Attrs = append(w.Attrs, &a)
		}
		args := n.Args
		if args == nil {
			args = []ID{}
		}
		w.Code, w.Args, w.Attr = append(w.Code, code[n.Op]), append(w.Args, args), append(w.Attr, shared[n.Attrs])
	}
	return json.Marshal(w)
}

func attrsToWire(a *Attrs) (w wireAttrs, err error) {
	w.Attrs = *a
	if a.Value != nil {
		data := base64.StdEncoding.EncodeToString(a.Value.Data)
		w.Data = &data
	}
	if a.Program != nil {
		if w.Program, err = json.Marshal(a.Program); err != nil {
			return w, err
		}
	}
	for _, r := range a.Rules {
		raw, err := json.Marshal(r)
		if err != nil {
			return w, err
		}
		w.Rules = append(w.Rules, raw)
	}
	return w, nil
}

// Decode reads the wire form and checks it completely: every name, operand, attribute and type. No input makes it panic.
func Decode(raw []byte) (*Program, error) { return decode(raw, 0) }

func decode(raw []byte, depth int) (p *Program, err error) {
	defer catch(&err)
	if depth > nesting {
		return nil, spec.Errorf(spec.SpecError, "program: nested more than %d deep", nesting)
	}
	var w wireProgram
	if err := strict(raw, &w); err != nil {
		return nil, err
	}
	if w.Version != version {
		return nil, spec.Expected("program version", fmt.Sprint(version), w.Version)
	}
	if len(w.Args) != len(w.Code) || len(w.Attr) != len(w.Code) {
		return nil, spec.Errorf(spec.SpecError, "program: code, args and attr have lengths %d, %d, %d", len(w.Code), len(w.Args), len(w.Attr))
	}
	names := make([]Op, len(w.Ops))
	for i, name := range w.Ops {
		op, ok := OpByName(name)
		if !ok || op == OpInput || op == OpCustomLinear {
			return nil, spec.Errorf(spec.SpecError, "program: unknown operation %q", name)
		}
		names[i] = op
	}
	attrs := make([]*Attrs, len(w.Attrs))
	has := make([][]string, len(w.Attrs))
	for i := range w.Attrs {
		if w.Attrs[i] == nil {
			return nil, spec.Errorf(spec.SpecError, "program: attrs %d is null", i)
		}
		if attrs[i], err = w.Attrs[i].attrs(depth); err != nil {
			return nil, err
		}
		has[i] = present(w.Attrs[i])
	}
	b := NewBuilder()
	b.reserve(len(w.Inputs) + len(w.Code))
	for _, t := range w.Inputs {
		if t.Shape == nil {
			t.Shape = []int{}
		}
		b.Input(t)
	}
	checked := map[[2]int]bool{}
	for k, c := range w.Code {
		if c < 0 || c >= len(names) || w.Attr[k] < -1 || w.Attr[k] >= len(attrs) {
			return nil, spec.Errorf(spec.SpecError, "program: node %d: operation or attribute number out of range", k)
		}
		op := names[c]
		var a *Attrs
		if at := w.Attr[k]; at >= 0 {
			a = attrs[at]
			if key := [2]int{c, at}; !checked[key] {
				if err := allowed(op, has[at]); err != nil {
					return nil, err
				}
				checked[key] = true
			}
		}
		if _, err := b.Emit(op, a, w.Args[k]...); err != nil {
			return nil, spec.Of(err).With("node", k+len(w.Inputs))
		}
	}
	if w.Outputs == nil {
		w.Outputs = []ID{}
	}
	for _, o := range w.Outputs {
		if o < 0 || int(o) >= len(b.p.Nodes) {
			return nil, spec.Errorf(spec.SpecError, "program: output %d is not among the %d values", o, len(b.p.Nodes))
		}
	}
	q := b.p
	q.Outputs = w.Outputs
	return &q, nil
}

func strict(raw []byte, dst any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		return spec.Errorf(spec.SpecError, "program: %v", err)
	}
	if d.More() {
		return spec.Errorf(spec.SpecError, "program: text after the end")
	}
	return nil
}

// allowed refuses attributes that the operation does not have.
func allowed(op Op, has []string) error {
	fields := strings.Fields(table[op].attrs)
next:
	for _, h := range has {
		for _, f := range fields {
			if f == h {
				continue next
			}
		}
		return spec.Errorf(spec.SpecError, "%s has no attribute %q; it has: %s", op, h, table[op].attrs)
	}
	return nil
}

// present are the JSON names of the attributes that are not zero.
func present(w *wireAttrs) (out []string) {
	for part, v := range []reflect.Value{reflect.ValueOf(&w.Attrs).Elem(), reflect.ValueOf(w).Elem()} {
		for i, name := range attrNames[part] {
			if name != "" && !v.Field(i).IsZero() {
				out = append(out, name)
			}
		}
	}
	return out
}

// attrNames are the JSON names of the fields of Attrs and wireAttrs.
var attrNames = [2][]string{jsonNames(reflect.TypeFor[Attrs]()), jsonNames(reflect.TypeFor[wireAttrs]())}

func jsonNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		if names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ","); names[i] == "-" {
			names[i] = ""
		}
	}
	return names
}

// idLists is [[0,1],[2],...]: half of a long program's text, read without reflection into one block.
type idLists [][]ID

func (l *idLists) UnmarshalJSON(raw []byte) error {
	var block []ID
	var ends []int
	depth, number, digits, sign := 0, 0, 0, 1
	flush := func() {
		if digits > 0 {
			block = append(block, ID(sign*number))
		}
		number, digits, sign = 0, 0, 1
	}
	for _, c := range raw { // valid JSON by encoding/json's own scan
		switch {
		case c >= '0' && c <= '9' && depth == 2 && digits < 9:
			number, digits = 10*number+int(c-'0'), digits+1
		case c == '-' && depth == 2 && digits == 0:
			sign = -1
		case c == '[' && depth < 2:
			depth++
		case c == ']':
			flush()
			if depth == 2 {
				ends = append(ends, len(block))
			}
			depth--
		case c == ',':
			flush()
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		default:
			return spec.Expected("args", "lists of operand ids", string(raw[:min(len(raw), 40)]))
		}
	}
	*l = make(idLists, len(ends))
	start := 0
	for i, end := range ends {
		(*l)[i] = block[start:end:end]
		start = end
	}
	return nil
}

func (w *wireAttrs) attrs(depth int) (*Attrs, error) {
	a := w.Attrs
	if w.Value != nil || w.Data != nil {
		if err := w.literal(&a); err != nil {
			return nil, err
		}
	}
	var err error
	if w.Program != nil {
		if a.Program, err = decode(w.Program, depth+1); err != nil {
			return nil, err
		}
	}
	for _, r := range w.Rules {
		p, err := decode(r, depth+1)
		if err != nil {
			return nil, err
		}
		if p, err = Inline(p); err != nil {
			return nil, err
		}
		a.Rules = append(a.Rules, p)
	}
	if a.Program != nil && a.Rules != nil {
		if a.Program, err = Inline(a.Program); err != nil {
			return nil, err
		}
	}
	if a.Program != nil && a.Rules == nil {
		if a.expanded, err = expand(a.Program, a.Transforms); err != nil {
			return nil, err
		}
	}
	return &a, nil
}

func (w *wireAttrs) literal(a *Attrs) error {
	t := Type{a.Dtype, a.Shape}
	if err := t.check(); err != nil {
		return err
	}
	if a.Shape == nil {
		a.Shape = []int{}
	}
	if w.Value != nil {
		if w.Data != nil || len(a.Shape) != 0 {
			return shapeErr("const: value is for rank 0; arrays have data")
		}
		if w.Value.whole && ints.has(a.Dtype) {
			v := newVal(t)
			v.i[0] = v.wrap(w.Value.i)
			a.Value = v.array()
			return nil
		}
		a.Value = scalarArray(a.Dtype, w.Value.c)
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(*w.Data)
	if err != nil {
		return spec.Errorf(spec.SpecError, "const: data: %v", err)
	}
	if len(data) != t.Len()*a.Dtype.Size() {
		return shapeErr("const: %v needs %d bytes, got %d", t, t.Len()*a.Dtype.Size(), len(data))
	}
	aligned, err := array.New(goMemory, a.Dtype, a.Shape...)
	if err != nil {
		return err
	}
	copy(aligned.Data, data)
	if a.Dtype == array.Bool {
		for i, x := range aligned.Data {
			aligned.Data[i] = min(x, 1)
		}
	}
	a.Value = aligned
	return nil
}

var goMemory = memory.NewGoAllocator()

// wireNumber is a number in JSON: 1.5, true, "nan", "inf", "-inf", or [re, im].
type wireNumber struct {
	c     complex128
	i     int64
	whole bool // i holds it exactly
}

func (w *wireNumber) UnmarshalJSON(raw []byte) error {
	var pair []json.RawMessage
	if len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
			return spec.Expected("value", "[re, im]", string(raw))
		}
		re, err := wireFloat(pair[0])
		if err != nil {
			return err
		}
		im, err := wireFloat(pair[1])
		w.c = complex(re, im)
		return err
	}
	if i, err := strconv.ParseInt(string(raw), 10, 64); err == nil && string(raw) != "-0" {
		w.c, w.i, w.whole = complex(float64(i), 0), i, true
		return nil
	}
	x, err := wireFloat(raw)
	w.c = complex(x, 0)
	return err
}

func wireFloat(raw []byte) (float64, error) {
	switch string(raw) {
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	case `"nan"`:
		return math.NaN(), nil
	case `"inf"`:
		return math.Inf(1), nil
	case `"-inf"`:
		return math.Inf(-1), nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, spec.Expected("value", `a number, true, false, "nan", "inf" or "-inf"`, string(raw))
	}
	return x, nil
}
