package job

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Status is what Wait tells; its JSON is documented in bindings.
type Status struct {
	State    State
	Progress Progress
	Filled   int64
	Request  int64
	Events   []Event
	Results  []Result
	Python   *Served
	Error    *spec.Error
	Info     map[string]any
}

// Progress is the work done and to do, in the unit of the field.
type Progress struct {
	Done    float64 `json:"done"`
	Total   float64 `json:"total"`
	Unit    string  `json:"unit"`
	Phase   string  `json:"phase"`
	Seconds float64 `json:"seconds"` // at work, pauses left out
	Rate    float64 `json:"rate"`    // per second of this job, what a checkpoint brought left out
	from    float64 // Done at the beginning
}

// Event is something that happened: "warmup", "checkpoint", "resumed", "nonfinite", "dropped".
type Event struct {
	Kind    string         `json:"kind"`
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields,omitempty"`
}

// Result describes one array of a job. Kind is "dense", "offsets" and "values" for the two of a ragged one, or "final" for the
// walkers' configurations at the end.
type Result struct {
	Name   string      `json:"name"`
	Dtype  array.Dtype `json:"dtype"`
	Shape  []int       `json:"shape"`
	Dims   []string    `json:"dims"`
	Filled int64       `json:"filled"`
	Kind   string      `json:"kind"`
}

// Served are the buffers of a rendezvous.
type Served struct {
	Walkers        int      `json:"walkers"`
	Configurations Buffer   `json:"configurations"`
	Answers        []Buffer `json:"answers"`
	Energy         []Buffer `json:"energy,omitempty"` // z, u, g, kT, what, of a target that the caller evaluates
}

// Buffer is memory that both sides see.
type Buffer struct {
	Name    string      `json:"name"`
	Address uintptr     `json:"address"`
	Dtype   array.Dtype `json:"dtype"`
	Shape   []int       `json:"shape"`
}

// result is an array of a runner with what Result shows.
type result struct {
	data  *array.Array
	shape []int
	dims  []string
	kind  string
}

func (r result) shown(filled int64) Result {
	return Result{r.data.Name, r.data.Dtype, r.shape, r.dims, filled, r.kind}
}

// JSON is the status as it crosses the border.
func (s *Status) JSON() (string, error) {
	type wire struct {
		State    State           `json:"state"`
		Progress Progress        `json:"progress"`
		Filled   int64           `json:"filled"`
		Request  int64           `json:"request,omitempty"`
		Events   []any           `json:"events"`
		Results  []Result        `json:"results"`
		Python   *Served         `json:"python,omitempty"`
		Error    json.RawMessage `json:"error,omitempty"`
		Info     any             `json:"info"`
	}
	w := wire{s.State, s.Progress, s.Filled, s.Request, []any{}, s.Results, s.Python, nil, plain(reflect.ValueOf(s.Info))}
	for _, e := range s.Events {
		fields, _ := plain(reflect.ValueOf(e.Fields)).(map[string]any)
		w.Events = append(w.Events, Event{e.Kind, e.Message, fields})
	}
	if w.Results == nil {
		w.Results = []Result{}
	}
	if s.Error != nil {
		w.Error = json.RawMessage(spec.Wire(s.Error))
	}
	b, err := json.Marshal(w)
	if err != nil { // something that a method noted
		w.Info = map[string]any{"unreadable": err.Error()}
		b, err = json.Marshal(w)
	}
	if err != nil {
		return "", spec.Errorf(spec.InternalError, "status: %v", err)
	}
	return string(b), nil
}

// plain replaces numbers that JSON lacks by "nan", "inf", "-inf".
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Float64, reflect.Float32:
		switch x := v.Float(); {
		case math.IsNaN(x):
			return "nan"
		case math.IsInf(x, 1):
			return "inf"
		case math.IsInf(x, -1):
			return "-inf"
		}
	case reflect.Complex128, reflect.Complex64:
		x := v.Complex()
		return []any{plain(reflect.ValueOf(real(x))), plain(reflect.ValueOf(imag(x)))}
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for k, x := range v.Seq2() {
			out[fmt.Sprint(k)] = plain(x)
		}
		return out
	}
	return v.Interface()
}
