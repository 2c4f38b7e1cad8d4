package spec

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Class names the Python exception that an error becomes.
type Class string

// The classes of error that cross the border.
const (
	SpecError        Class = "SpecError"        // an argument is wrong (a ValueError)
	ShapeError       Class = "ShapeError"       // shapes or dtypes don't fit
	NonFiniteError   Class = "NonFiniteError"   // NaN or infinity where a number is needed
	ConvergenceError Class = "ConvergenceError" // an iteration did not converge
	MemoryError      Class = "MemoryError"      // the plan exceeds the memory limit
	CheckpointError  Class = "CheckpointError"  // a checkpoint or run file is damaged or belongs to another run
	ClosedError      Class = "ClosedError"      // a handle that was closed, or never was
	Interrupted      Class = "Interrupted"      // cancelled; what was finished is kept
	PythonError      Class = "PythonError"      // a Python function served by rendezvous raised
	InternalError    Class = "InternalError"    // a bug of ours; Stack says where
)

// Error is the one error type of the core. Message says what was expected and what was got, Suggest names a call that would work.
type Error struct {
	Class   Class          `json:"class"`
	Message string         `json:"message"`
	Suggest string         `json:"suggest,omitempty"`
	Fields  map[string]any `json:"fields,omitempty"`
	Stack   string         `json:"stack,omitempty"`
}

func (e *Error) Error() string {
	if e.Suggest == "" {
		return string(e.Class) + ": " + e.Message
	}
	return string(e.Class) + ": " + e.Message + "\n  " + e.Suggest
}

// Errorf makes an error of the given class.
func Errorf(class Class, format string, args ...any) *Error {
	return &Error{Class: class, Message: fmt.Sprintf(format, args...)}
}

// Expected is the error of one argument: "name: expected want, got have".
func Expected(name, want string, have any) *Error {
	return Errorf(SpecError, "%s: expected %s, got %v", name, want, have).With("argument", name)
}

// Mismatch is the error of two things that don't go together: "who needs what; this one has that".
func Mismatch(who, needs, has string) *Error {
	return Errorf(SpecError, "%s needs %s; got %s", who, needs, has).With("method", who)
}

// Try appends the call that would work.
func (e *Error) Try(call string) *Error {
	e.Suggest = "Try " + call + "."
	return e
}

// With adds a named field, readable from Python as an attribute of the exception.
func (e *Error) With(key string, value any) *Error {
	if e.Fields == nil {
		e.Fields = map[string]any{}
	}
	e.Fields[key] = value
	return e
}

// Of gives err as an *Error; a foreign error becomes an InternalError, nil stays nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(InternalError, "%v", err)
}

// Wire is the text of an error as it crosses the border: the JSON of an Error.
func Wire(err error) string {
	b, e := json.Marshal(Of(err))
	if e != nil { // a field that JSON cannot carry
		o := *Of(err)
		o.Fields = nil
		b, _ = json.Marshal(&o)
	}
	return string(b)
}
