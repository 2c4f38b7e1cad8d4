// Package saved writes and reads the binary values of a saved state: numbers, structs of them and slices of them, little-endian, one after another.
package saved

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/ergodica/ergodica/core/spec"
)

// Put writes values.
func Put(w io.Writer, values ...any) error {
	for _, v := range values {
		if err := binary.Write(w, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	return nil
}

// Get reads what Put wrote, into pointers and slices; a state that ends early is a checkpoint error.
func Get(r io.Reader, values ...any) error {
	for _, v := range values {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return spec.Errorf(spec.CheckpointError, "the saved state ends early")
			}
			return err
		}
	}
	return nil
}

// Attempt calls f; where that fails, what the pointers of state lead to is as it was before.
func Attempt(before *bytes.Buffer, state func() []any, f func() error) error {
	before.Reset()
	if err := Put(before, state()...); err != nil {
		return err
	}
	err := f()
	if err != nil {
		if e := Get(before, state()...); e != nil {
			return e
		}
	}
	return err
}
