package sample

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/ergodica/ergodica/core/spec"
)

// put writes numbers, structs and slices of numbers, little-endian.
func put(w io.Writer, values ...any) error {
	for _, v := range values {
		if err := binary.Write(w, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	return nil
}

// get reads what put wrote, into pointers and slices.
func get(r io.Reader, values ...any) error {
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
