package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

const header = `"""Systems and methods as they are written in a request.

Generated from the Go structs by bindings/specgen; do not edit, run ` + "``make generate``" + `.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from ergodica._base import Method, System

ArrayLike: TypeAlias = Any
"""A number, or an array with a number for each; kept as float or as a read-only float64 array."""

LatticeLike: TypeAlias = Any
"""Side lengths of a hypercubic lattice, a lattice of erg.lattice, or any graph: an edge array (bonds, 2), a scipy.sparse matrix,
a networkx graph."""
`

// Python writes the module: systems, then methods, each by name.
func Python(root string, specs []Spec) ([]byte, error) {
	sort.Slice(specs, func(i, j int) bool {
		a, b := specs[i], specs[j]
		if a.Kind != b.Kind {
			return a.Kind > b.Kind // "system" before "method"
		}
		return a.Name < b.Name
	})
	docs := newComments(root)
	var body bytes.Buffer
	var classes []string
	seen := map[string]string{}
	for _, s := range specs {
		class := className(s.Name)
		if other, twice := seen[class]; twice {
			return nil, fmt.Errorf("%s and %s would both be the class %s", other, s.Name, class)
		}
		seen[class] = s.Name
		classes = append(classes, class)
		if err := writeClass(&body, docs, class, s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	sort.Slice(classes, func(i, j int) bool { // as ruff has it: names in capitals first
		a, b := classes[i], classes[j]
		if up := strings.ToUpper(a) == a; up != (strings.ToUpper(b) == b) {
			return up
		}
		return a < b
	})
	var out bytes.Buffer
	out.WriteString(used(header, body.String()))
	fmt.Fprintf(&out, "\n__all__ = [\n")
	for _, c := range classes {
		fmt.Fprintf(&out, "    %q,\n", c)
	}
	out.WriteString("]\n")
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

// used keeps of the header's imports what the body names.
func used(header, body string) string {
	if !strings.Contains(body, "Literal[") {
		header = strings.Replace(header, ", Literal", "", 1)
	}
	if !strings.Contains(body, "= field(") {
		header = strings.Replace(header, "dataclass, field", "dataclass", 1)
	}
	for _, base := range []string{"Method", "System"} {
		if !strings.Contains(body, "("+base+")") {
			header = strings.Replace(strings.Replace(header, base+", ", "", 1), ", "+base+"\n", "\n", 1)
		}
	}
	return header
}

func className(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// parameter is one field of a spec in Python's words.
type parameter struct {
	name, annotation, kind string
	value                  string // default as a Python literal, "" where required
	unit, bounds, text     string
}

func writeClass(out *bytes.Buffer, docs *comments, class string, s Spec) error {
	base := map[string]string{"system": "System", "method": "Method"}[s.Kind]
	if base == "" {
		return fmt.Errorf("kind %q is neither system nor method", s.Kind)
	}
	t := reflect.TypeOf(s.Value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	doc, err := docs.of(t)
	if err != nil {
		return err
	}
	params, err := parameters(t, doc)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n\n@dataclass(frozen=True, eq=False, repr=False)\nclass %s(%s):\n", class, base)
	text, err := docstring(doc, params, s.Fits)
	if err != nil {
		return err
	}
	out.WriteString(text)
	fmt.Fprintf(out, "\n    type: ClassVar[str] = %q\n", s.Name)
	if s.Staged {
		out.WriteString("    staged: ClassVar[bool] = True\n")
	}
	if s.Unit != "" {
		fmt.Fprintf(out, "    unit: ClassVar[str] = %q\n", s.Unit)
	}
	if len(params) > 0 {
		out.WriteString("\n")
	}
	for _, p := range params {
		fmt.Fprintf(out, "    %s: %s%s\n", p.name, p.annotation, p.assignment())
	}
	return nil
}

// assignment is what stands behind the annotation: nothing, a default, or a field with its default, unit and range.
func (p parameter) assignment() string {
	var about []string
	if p.unit != "" {
		about = append(about, fmt.Sprintf("\"unit\": %q", p.unit))
	}
	if p.bounds != "" {
		about = append(about, fmt.Sprintf("\"range\": %q", p.bounds))
	}
	switch {
	case len(about) == 0 && p.value == "":
		return ""
	case len(about) == 0:
		return " = " + p.value
	case p.value == "":
		return fmt.Sprintf(" = field(metadata={%s})", strings.Join(about, ", "))
	}
	return fmt.Sprintf(" = field(default=%s, metadata={%s})", p.value, strings.Join(about, ", "))
}

func parameters(t reflect.Type, doc structDoc) ([]parameter, error) {
	var params []parameter
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("spec")
		if name == "" {
			continue
		}
		if reserved[name] {
			return nil, fmt.Errorf("%s is a word of Python", name)
		}
		p := parameter{name: name, unit: f.Tag.Get("unit"), bounds: strings.ReplaceAll(strings.ReplaceAll(f.Tag.Get("range"), " ", ""), ",", ", "), text: doc.fields[f.Name]}
		if p.text == "" {
			return nil, fmt.Errorf("%s has no comment", f.Name)
		}
		var err error
		if p.annotation, p.kind, err = pythonType(f.Type, f.Tag.Get("oneof")); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if raw, ok := f.Tag.Lookup("default"); ok {
			if p.value, err = literal(raw, f.Type); err != nil {
				return nil, fmt.Errorf("%s: default %s: %w", f.Name, raw, err)
			}
			if p.value == "None" {
				p.annotation += " | None"
			}
		} else if n := len(params); n > 0 && params[n-1].value != "" {
			return nil, fmt.Errorf("%s is required, so it must stand before %s, which has a default", f.Name, params[n-1].name)
		}
		params = append(params, p)
	}
	return params, nil
}

// pythonType is a field's annotation and its name in a docstring.
func pythonType(t reflect.Type, oneof string) (annotation, kind string, err error) {
	switch t.String() {
	case "array.Field":
		return "ArrayLike", "float or array", nil
	case "contract.Kernel":
		return "Method", "method", nil
	case "contract.Function":
		return "Callable[..., Any]", "function", nil
	case "geometry.Lattice":
		return "LatticeLike", "tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph", nil
	}
	switch t.Kind() {
	case reflect.Float64:
		return "float", "float", nil
	case reflect.Int, reflect.Int64:
		return "int", "int", nil
	case reflect.Bool:
		return "bool", "bool", nil
	case reflect.String:
		if oneof == "" {
			return "str", "str", nil
		}
		choices := `"` + strings.Join(strings.Split(oneof, ","), `", "`) + `"`
		return "Literal[" + choices + "]", "{" + choices + "}", nil
	case reflect.Slice:
		a, k, err := pythonType(t.Elem(), oneof)
		return a + " | Sequence[" + a + "]", k + " or sequence of " + k, err
	case reflect.Pointer:
		a, k, err := pythonType(t.Elem(), oneof)
		return a, k, err
	}
	return "", "", fmt.Errorf("no Python type for %s", t)
}

// literal writes a JSON default as Python.
func literal(raw string, t reflect.Type) (string, error) {
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return "", err
	}
	return pythonValue(v, t), nil
}

func pythonValue(v any, t reflect.Type) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case json.Number:
		s := v.String()
		if t.Kind() == reflect.Float64 && !strings.ContainsAny(s, ".eE") {
			s += ".0"
		}
		return s
	case string:
		if t.Kind() == reflect.Float64 { // "inf", "-inf", "nan"
			return fmt.Sprintf("float(%q)", v)
		}
		return fmt.Sprintf("%q", v)
	case []any:
		elem := t
		if t.Kind() == reflect.Slice {
			elem = t.Elem()
		}
		items := make([]string, len(v))
		for i := range v {
			items[i] = pythonValue(v[i], elem)
		}
		if len(items) == 1 {
			return "(" + items[0] + ",)"
		}
		return "(" + strings.Join(items, ", ") + ")"
	}
	return fmt.Sprint(v)
}

var reserved = func() map[string]bool {
	words := map[string]bool{"type": true}
	for _, w := range strings.Fields("False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield") {
		words[w] = true
	}
	return words
}()
