// Package saved writes and reads the binary values of a saved state: numbers, structs of them and slices of them, little-endian, one after another.
package saved

import (
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
