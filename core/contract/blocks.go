package contract

import (
	"encoding/json"
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

// Block is a part of a target's coordinates that is not R^n: Count points of one kind, one after the other.
//
//	"real"     Rows numbers
//	"torus"    Rows angles, the same when 2 pi is added to one
//	"sphere"   |x| = 1, Rows numbers
//	"stiefel"  x' x = 1, Rows by Cols, row by row
//	"so"       the same for Rows = Cols, det x = 1
//	"su"       unitary, det x = 1, Rows by Rows, the real parts before the imaginary ones
//	"integers" Rows numbers of 0, ..., Cols-1
//
// Densities on the curved ones are with respect to the measure of the surface in Euclidean space, which on groups is Haar's.
type Block struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
	Rows  int    `json:"rows"`
	Cols  int    `json:"cols"`
}

// kinds are those that are known, and whether a kernel must follow their geometry.
var kinds = map[string]bool{"real": false, "torus": false, "sphere": true, "stiefel": true, "so": true, "su": true, "integers": true}

// Width is the number of coordinates of one point, Size that of all.
func (b Block) Width() int {
	switch b.Kind {
	case "stiefel", "so":
		return b.Rows * b.Cols
	case "su":
		return 2 * b.Rows * b.Rows
	}
	return b.Rows
}

func (b Block) Size() int { return b.Count * b.Width() }

// Curved tells whether a kernel must follow the block's geometry.
func (b Block) Curved() bool { return kinds[b.Kind] }

// Discrete tells whether there is nothing between points.
func (b Block) Discrete() bool { return b.Kind == "integers" }

// Blocks are a target's coordinates in order; none are R^n.
type Blocks []Block

// DecodeSpec reads a list of objects.
func (b *Blocks) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	if err := json.Unmarshal(raw, (*[]Block)(b)); err != nil {
		return spec.Expected(path, `a list of {"kind", "count", "rows", "cols"}`, string(raw[:min(len(raw), 60)]))
	}
	for _, x := range *b {
		_, known := kinds[x.Kind]
		if !known || x.Count < 0 || x.Rows < 0 || x.Cols < 0 || max(x.Count, x.Rows, x.Cols) > 1<<30 || x.Discrete() && (x.Cols < 1 || x.Cols > 1<<20) {
			return spec.Expected(path, "blocks of a known kind and sizes of at least 0", x.Kind)
		}
	}
	return nil
}

// Curved are the kinds of the blocks whose geometry a kernel must follow.
func (b Blocks) Curved() (all []string) {
	for _, x := range b {
		if x.Curved() && !slices.Contains(all, x.Kind) {
			all = append(all, x.Kind)
		}
	}
	return all
}

// Angles tells which coordinates come round after 2 pi; nil where none does.
func (b Blocks) Angles() []bool {
	var all []bool
	for _, x := range b {
		for range x.Size() {
			all = append(all, x.Kind == "torus")
		}
	}
	if !slices.Contains(all, true) {
		return nil
	}
	return all
}

// Mixed tells whether some are of integers and some are not: a kernel of one kind cannot move all.
func (b Blocks) Mixed() bool {
	whole := func(x Block) bool { return x.Discrete() }
	return slices.ContainsFunc(b, whole) && slices.ContainsFunc(b, func(x Block) bool { return !whole(x) })
}

// Shaped is a target that is not R^n alone.
type Shaped interface{ Shape() Blocks }

// Shape of a target.
func ShapeOf(t any) Blocks {
	if s, ok := t.(Shaped); ok {
		return s.Shape()
	}
	return nil
}

// Composed is a method that consists of others, which follow their blocks.
type Composed interface{ Composed() }

// Follower is a method that follows the geometry of blocks of a kind.
type Follower interface{ Follows(kind string) bool }
