package job

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// sample, simulate, solve and statistics are requests as they cross the border; their fields are its keys.
type sample struct {
	Verb       string    `spec:"verb"`
	System     object    `spec:"system"`
	Method     object    `spec:"method"`
	Seed       seed      `spec:"seed" default:"null"`
	KT         []float64 `spec:"kT" range:"[0,inf)"`
	Scan       []string  `spec:"scan" default:"[]" oneof:"kT"`
	Chains     int       `spec:"chains" default:"1" range:"[1,1e12]"`
	FirstChain int       `spec:"first_chain" default:"0" range:"[0,9e15]"`
	FirstKT    int       `spec:"first_kT" default:"0" range:"[0,9e15]"`
	Sweeps     int       `spec:"sweeps" range:"[1,9e15]"`
	Warmup     int       `spec:"warmup" default:"0" range:"[0,9e15]"`
	Every      int       `spec:"every" default:"1" range:"[1,9e15]"`
	Observe    []string  `spec:"observe" default:"[]"`
	Start      start     `spec:"start" default:"\"random\""`
	Python     []python  `spec:"python" default:"[]"`
	Threads    int       `spec:"threads" default:"0" range:"[0,4096]"`
	Saving     saving    `spec:"checkpoint" default:"null"`
	Version    version   `spec:"version" default:"null"`
}

type simulate struct {
	Verb       string    `spec:"verb"`
	System     object    `spec:"system"`
	Method     object    `spec:"method"`
	Seed       seed      `spec:"seed" default:"null"`
	KT         []float64 `spec:"kT" range:"[0,inf)"`
	Scan       []string  `spec:"scan" default:"[]" oneof:"kT"`
	Chains     int       `spec:"chains" default:"1" range:"[1,1e12]"`
	FirstChain int       `spec:"first_chain" default:"0" range:"[0,9e15]"`
	FirstKT    int       `spec:"first_kT" default:"0" range:"[0,9e15]"`
	Time       float64   `spec:"time" range:"(0,inf)"`
	Every      float64   `spec:"every" range:"(0,inf)"`
	Observe    []string  `spec:"observe" default:"[]"`
	Start      start     `spec:"start" default:"\"random\""`
	Python     []python  `spec:"python" default:"[]"`
	Threads    int       `spec:"threads" default:"0" range:"[0,4096]"`
	Saving     saving    `spec:"checkpoint" default:"null"`
	Version    version   `spec:"version" default:"null"`
}

type solve struct {
	Verb    string    `spec:"verb"`
	System  object    `spec:"system"`
	Method  object    `spec:"method"`
	KT      []float64 `spec:"kT" range:"[0,inf)"`
	Scan    []string  `spec:"scan" default:"[]" oneof:"kT"`
	Observe []string  `spec:"observe" default:"[]"`
	Threads int       `spec:"threads" default:"0" range:"[0,4096]"`
	Version version   `spec:"version" default:"null"`
}

type statistics struct {
	Verb    string  `spec:"verb"`
	Method  object  `spec:"method"`
	Inputs  []int   `spec:"inputs" default:"[]" range:"[0,1e6]"`
	Threads int     `spec:"threads" default:"0" range:"[0,4096]"`
	Version version `spec:"version" default:"null"`
}

// python is a quantity that the caller computes from the configurations of all walkers.
type python struct {
	Name  string `spec:"name"`
	Shape []int  `spec:"shape" default:"[]" range:"[0,1e12]"`
	Dtype string `spec:"dtype" default:"\"float64\"" oneof:"float64,float32,complex128,complex64,int64,int32,int8,uint8,uint64,bool"`
	ID    string `spec:"id" default:"\"\""`
}

func (p *python) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	type fields python // without this method
	var f fields
	if err := spec.Decode(raw, &f, in); err != nil {
		e := spec.Of(err)
		e.Message = path + ": " + e.Message
		return e
	}
	*p = python(f)
	if p.Name == "" {
		return spec.Expected(path+".name", "a name", `""`)
	}
	return nil
}

// object is a system or method before its type is known.
type object struct {
	Type string
	raw  json.RawMessage
}

func (o *object) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	var head struct {
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Type == nil {
		return spec.Expected(path, `an object with a "type"`, clip(raw))
	}
	o.Type, o.raw = *head.Type, raw
	return nil
}

// seed is a decimal string of a uint64; null is drawn.
type seed struct {
	value uint64
	given bool
}

func (s *seed) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	if string(raw) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return spec.Expected(path, "an integer from 0 to 2**64 - 1", clip(raw))
	}
	*s = seed{n, true}
	return nil
}

// start is "random", "ordered" or {"input": k}.
type start struct{ contract.Start }

func (s *start) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	v, ok, err := spec.InputIndex(raw, in, path)
	if err != nil {
		return err
	}
	if ok {
		s.Values, ok = v.(*array.Array)
		if !ok {
			return spec.Errorf(spec.InternalError, "%s: input is a %T", path, v)
		}
		return nil
	}
	if json.Unmarshal(raw, &s.Kind) != nil || (s.Kind != "random" && s.Kind != "ordered") {
		return spec.Expected(path, `"random", "ordered" or an array of configurations`, clip(raw))
	}
	return nil
}

// saving says where a checkpoint goes and how often; null is nowhere.
type saving struct{ *checkpoint }

type checkpoint struct {
	Path    string  `spec:"path"`
	Seconds float64 `spec:"seconds" default:"5.0" range:"(0,inf)"`
}

func (s *saving) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	if string(raw) == "null" {
		return nil
	}
	s.checkpoint = new(checkpoint)
	if err := spec.Decode(raw, s.checkpoint, in); err != nil {
		return err
	}
	if s.Path == "" || strings.ContainsRune(s.Path, 0) {
		return spec.Expected(path+".path", "the path of a file", strconv.Quote(s.Path))
	}
	return nil
}

// version is that of the face; another one than ours was not built with it.
type version struct{}

func (*version) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	var v string
	if string(raw) == "null" || (json.Unmarshal(raw, &v) == nil && v == Version) {
		return nil
	}
	e := spec.Expected(path, Version+", the version of the library", clip(raw))
	e.Suggest = "Build it again: make, or pip install --force-reinstall."
	return e
}

// request is what a run needs, checked.
type request struct {
	verb           string
	entry          contract.Entry
	system, method any
	inner          contract.Opener // of a method over ensembles
	seed           seed
	kT             []float64
	scan           bool
	chains         int
	firstChain     uint64
	firstKT        uint64
	warmup         int64 // ticks: sweeps, or recording intervals of a simulation
	first, stride  int64 // record r is taken at tick first + r*stride
	records        int64
	every          float64 // of a simulation
	observe        []string
	start          contract.Start
	python         []python
	threads        int
	saving         *checkpoint
}

// last is the tick of the last record.
func (r *request) last() int64 { return r.first + (r.records-1)*r.stride }

const verbs = "sample, simulate, solve, learn, stats"

// decode reads a request of one of the verbs that act on a system.
func decode(verb string, raw json.RawMessage, in spec.Inputs) (*request, error) {
	r := &request{verb: verb}
	var system, method object
	switch verb {
	case "sample":
		var s sample
		if err := spec.Decode(raw, &s, in); err != nil {
			return nil, err
		}
		if s.Every > s.Sweeps {
			return nil, spec.Expected("sample.every", fmt.Sprintf("at most sweeps = %d, so that there is a record", s.Sweeps), s.Every)
		}
		r.records = int64(s.Sweeps / s.Every)
		r.warmup, r.first, r.stride = int64(s.Warmup), int64(s.Warmup+s.Every), int64(s.Every)
		system, method, r.seed, r.kT, r.scan, r.chains, r.firstChain, r.firstKT = s.System, s.Method, s.Seed, s.KT, len(s.Scan) > 0, s.Chains, uint64(s.FirstChain), uint64(s.FirstKT)
		r.observe, r.start, r.python, r.threads, r.saving = s.Observe, s.Start.Start, s.Python, s.Threads, s.Saving.checkpoint
	case "simulate":
		var s simulate
		if err := spec.Decode(raw, &s, in); err != nil {
			return nil, err
		}
		records := math.Floor(s.Time/s.Every + 1e-9)
		if records > 9e15 {
			return nil, spec.Expected("simulate.every", "at least time / 9e15", s.Every)
		}
		r.records, r.stride, r.every = int64(records)+1, 1, s.Every
		system, method, r.seed, r.kT, r.scan, r.chains, r.firstChain, r.firstKT = s.System, s.Method, s.Seed, s.KT, len(s.Scan) > 0, s.Chains, uint64(s.FirstChain), uint64(s.FirstKT)
		r.observe, r.start, r.python, r.threads, r.saving = s.Observe, s.Start.Start, s.Python, s.Threads, s.Saving.checkpoint
	case "solve":
		var s solve
		if err := spec.Decode(raw, &s, in); err != nil {
			return nil, err
		}
		system, method, r.kT, r.scan, r.observe, r.threads = s.System, s.Method, s.KT, len(s.Scan) > 0, s.Observe, s.Threads
	default:
		return nil, spec.Expected("verb", "one of "+verbs, strconv.Quote(verb))
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, r.build(system, method, in)
}

func (r *request) check() error {
	switch {
	case len(r.kT) == 0:
		return spec.Expected("kT", "at least one temperature", "none").With("argument", "kT")
	case len(r.kT) > 1 && !r.scan:
		return spec.Expected("kT", `one temperature, or "scan": ["kT"]`, len(r.kT))
	case r.verb != "solve" && len(r.observe)+len(r.python) == 0:
		return spec.Expected("observe", "at least one quantity", "none")
	}
	names := slices.Clone(r.observe)
	for _, p := range r.python {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return spec.Expected("observe", "each quantity once", strconv.Quote(names[i])+" twice")
		}
	}
	return nil
}

// build finds the registry's line and fills its structs.
func (r *request) build(system, method object, in spec.Inputs) (err error) {
	if r.entry, err = find(r.verb, system.Type, method.Type); err != nil {
		return err
	}
	r.system, r.method = r.entry.NewSystem(), r.entry.NewMethod()
	if err = filled(r.system, system.raw, in); err != nil {
		return err
	}
	if err = filled(r.method, method.raw, in); err != nil {
		return err
	}
	if over, ok := r.method.(contract.Over); ok {
		return r.drive(system.Type, over.Inner())
	}
	return follows(r.verb, system.Type, r.system, method.Type, r.method)
}

// drive finds the kernel of a method over ensembles.
func (r *request) drive(system string, k *contract.Kernel) error {
	if k.Type == "" {
		k.Type = first(r.verb, system, contract.ShapeOf(r.system))
		if p, ok := r.method.(contract.Prefers); ok {
			own := proper(r.system)
			for _, name := range slices.Backward(p.Preferred()) {
				e, err := find(r.verb, system, name)
				if err == nil && e.Open != nil && lacks(e.NewMethod(), contract.ShapeOf(r.system)) == "" && !(own && general(r.verb, name)) {
					k.Type = name
				}
			}
		}
		k.Raw = json.RawMessage(`{"type": ` + strconv.Quote(k.Type) + `}`)
	}
	e, err := find(r.verb, system, k.Type)
	if err != nil {
		return err
	}
	if e.Open == nil || e.Unit != "" {
		return spec.Expected("kernel", "a method of single walkers", k.Type).With("argument", "kernel")
	}
	m := e.NewMethod()
	if err := filled(m, k.Raw, k.In); err != nil {
		return err
	}
	if err := follows(r.verb, system, r.system, k.Type, m); err != nil {
		return err
	}
	r.inner = func(walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		return e.Open(r.system, m, walkers, start)
	}
	return nil
}

// proper tells whether the system's own walkers have infinite temperature as their reference, which for a density of its coordinates is a Gaussian.
func proper(system any) bool {
	m, walks := system.(interface{ LogReference() float64 })
	return walks && !math.IsInf(m.LogReference(), 0)
}

// general tells whether a method is one for any target.
func general(verb, method string) bool {
	return slices.ContainsFunc(entries(), func(e contract.Entry) bool { return e.Verb == verb && e.System == "Density" && e.Method == method })
}

// filled decodes x and checks it.
func filled(x any, raw json.RawMessage, in spec.Inputs) error {
	if err := spec.Decode(raw, x, in); err != nil {
		return err
	}
	if c, ok := x.(interface{ Check() error }); ok {
		return c.Check()
	}
	return nil
}

func clip(raw []byte) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "..."
	}
	return string(raw)
}
