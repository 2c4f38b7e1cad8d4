package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// Inputs are the arrays that came beside a request; a field refers to the k-th by {"input": k}.
type Inputs []any

// Decoder is a field type that reads itself: an array or a number, a lattice. path names the field in errors.
type Decoder interface {
	DecodeSpec(raw json.RawMessage, in Inputs, path string) error
}

// Decode fills the struct that dst points to from a JSON object. Every field is tagged:
//
//	Step float64 `spec:"dt" default:"0.01" range:"(0,inf)" unit:"time"`
//	Order string `spec:"order" default:"\"random\"" oneof:"random,sequential"`
//
// A field without default is required, a key without field is refused, numbers must be finite (the strings "nan", "inf", "-inf" stand for
// the others) and inside their range: brackets exclude "(" or include "[" their end. The key "type" is the registry's and skipped.
func Decode(raw json.RawMessage, dst any, in Inputs) error {
	v := reflect.ValueOf(dst).Elem()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		return Errorf(SpecError, "%s: expected a JSON object, got %s", v.Type().Name(), clip(raw))
	}
	delete(got, "type")
	who := v.Type().Name()
	var names []string
	for i := 0; i < v.NumField(); i++ {
		f := v.Type().Field(i)
		name := f.Tag.Get("spec")
		if name == "" {
			continue
		}
		names = append(names, name)
		text, given := got[name]
		if !given {
			d, ok := f.Tag.Lookup("default")
			if !ok {
				return Errorf(SpecError, "%s: %s is required", who, name).With("argument", name)
			}
			text = json.RawMessage(d)
		}
		delete(got, name)
		if err := decodeField(v.Field(i), text, in, who+"."+name, f.Tag); err != nil {
			return err
		}
	}
	return unknown(who, got, names)
}

func unknown(who string, got map[string]json.RawMessage, names []string) error {
	if len(got) == 0 {
		return nil
	}
	var extra []string
	for k := range got {
		extra = append(extra, strconv.Quote(k))
	}
	sort.Strings(extra)
	return Errorf(SpecError, "%s has no parameter %s; it has: %s", who, strings.Join(extra, ", "), strings.Join(names, ", "))
}

func decodeField(v reflect.Value, raw json.RawMessage, in Inputs, path string, tag reflect.StructTag) error {
	if d, ok := v.Addr().Interface().(Decoder); ok {
		return d.DecodeSpec(raw, in, path)
	}
	switch v.Kind() {
	case reflect.Float64:
		x, err := Number(raw, path)
		if err != nil {
			return err
		}
		if math.IsNaN(x) || (math.IsInf(x, 0) && tag.Get("allow") != "inf") {
			return Expected(path, "a finite number", x)
		}
		v.SetFloat(x)
		return inRange(path, x, tag.Get("range"))
	case reflect.Int, reflect.Int64:
		n, err := Integer(raw, path)
		if err != nil {
			return err
		}
		v.SetInt(n)
		return inRange(path, float64(n), tag.Get("range"))
	case reflect.Bool:
		var b bool
		if json.Unmarshal(raw, &b) != nil || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
			return Expected(path, "true or false", clip(raw))
		}
		v.SetBool(b)
	case reflect.String:
		var s string
		if json.Unmarshal(raw, &s) != nil || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
			return Expected(path, "a string", clip(raw))
		}
		if set := tag.Get("oneof"); set != "" && !contains(strings.Split(set, ","), s) {
			return Expected(path, "one of "+set, strconv.Quote(s))
		}
		v.SetString(s)
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			items = []json.RawMessage{raw} // a scalar stands for a sequence of one
		}
		out := reflect.MakeSlice(v.Type(), len(items), len(items))
		for i, item := range items {
			if err := decodeField(out.Index(i), item, in, fmt.Sprintf("%s[%d]", path, i), tag); err != nil {
				return err
			}
		}
		v.Set(out)
	case reflect.Pointer: // what may be left open
		if string(raw) == "null" {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return decodeField(v.Elem(), raw, in, path, tag)
	default:
		return Errorf(InternalError, "%s: no decoding for %s", path, v.Type())
	}
	return nil
}

// Number reads a JSON number, or "nan", "inf", "-inf".
func Number(raw json.RawMessage, path string) (float64, error) {
	var x float64
	if json.Unmarshal(raw, &x) == nil && !bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return x, nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		switch s {
		case "nan":
			return math.NaN(), nil
		case "inf":
			return math.Inf(1), nil
		case "-inf":
			return math.Inf(-1), nil
		}
	}
	return 0, Expected(path, "a number", clip(raw))
}

// Integer reads an integer; a float with an integral value up to 2^53 counts as one.
func Integer(raw json.RawMessage, path string) (int64, error) {
	var n int64
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return 0, Expected(path, "an integer", "null")
	}
	if json.Unmarshal(raw, &n) == nil {
		return n, nil
	}
	var x float64
	if json.Unmarshal(raw, &x) == nil && x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
		return int64(x), nil
	}
	return 0, Expected(path, "an integer", clip(raw))
}

// InputIndex tells whether raw is {"input": k} and returns the k-th input.
func InputIndex(raw json.RawMessage, in Inputs, path string) (any, bool, error) {
	var ref map[string]json.RawMessage
	if json.Unmarshal(raw, &ref) != nil || len(ref) != 1 || ref["input"] == nil {
		return nil, false, nil
	}
	k, err := Integer(ref["input"], path)
	if err != nil {
		return nil, false, err
	}
	if k < 0 || k >= int64(len(in)) {
		return nil, false, Expected(path, fmt.Sprintf("an input index below %d", len(in)), k)
	}
	return in[k], true, nil
}

func inRange(path string, x float64, bounds string) error {
	if bounds == "" {
		return nil
	}
	lo, hi, _ := strings.Cut(bounds[1:len(bounds)-1], ",")
	a, _ := strconv.ParseFloat(strings.TrimSpace(lo), 64)
	b, _ := strconv.ParseFloat(strings.TrimSpace(hi), 64)
	if x < a || x > b || (x == a && bounds[0] == '(') || (x == b && bounds[len(bounds)-1] == ')') {
		return Expected(path, "a number in "+bounds, x)
	}
	return nil
}

func contains(set []string, s string) bool {
	for _, t := range set {
		if t == s {
			return true
		}
	}
	return false
}

func clip(raw []byte) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "..."
	}
	return string(raw)
}
