package stats

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// tileWidth is the number of points whose coordinates lie side by side.
const tileWidth = 256

// points are n points in d dimensions, by rows, and once more in tiles of tileWidth points whose rows are coordinates (the last is padded with
// zeros): pairs of points are computed from tiles, and no matrix of them is kept.
type points struct {
	n, d  int
	rows  []float64
	tiles []float64
}

func newPoints(a *array.Array) (points, error) {
	if len(a.Shape) != 2 {
		return points{}, spec.Errorf(spec.ShapeError, "%s: expected points of shape (points, dimensions), got shape %v", label(a), a.Shape)
	}
	p := points{n: a.Shape[0], d: a.Shape[1]}
	if p.n == 0 {
		return points{}, spec.Errorf(spec.ShapeError, "%s: expected at least one point", label(a))
	}
	var err error
	if p.rows, err = numbers(a); err != nil {
		return points{}, err
	}
	for i, v := range p.rows {
		if v-v != 0 {
			return points{}, spec.Errorf(spec.NonFiniteError, "%s: expected finite numbers, got %v at %v", label(a), v, []int{i / max(p.d, 1), i % max(p.d, 1)})
		}
	}
	if _, err := array.Plan(p.count()*tileWidth*p.d, 8, "points"); err != nil {
		return points{}, err
	}
	p.tiles = make([]float64, p.count()*tileWidth*p.d)
	for i := range p.n {
		at := i / tileWidth * tileWidth * p.d
		for k, v := range p.row(i) {
			p.tiles[at+k*tileWidth+i%tileWidth] = v
		}
	}
	return p, nil
}

// numbers are the elements of an array of any real dtype.
func numbers(a *array.Array) ([]float64, error) {
	if a.Dtype == array.Float64 {
		return array.View[float64](a), nil
	}
	return a.Float64s()
}

// count is the number of tiles, width that of the points in one.
func (p *points) count() int { return (p.n + tileWidth - 1) / tileWidth }

func (p *points) width(tile int) int { return min(tileWidth, p.n-tile*tileWidth) }

func (p *points) row(i int) []float64 { return p.rows[i*p.d : (i+1)*p.d] }

func (p *points) tile(t int) []float64 { return p.tiles[t*tileWidth*p.d : (t+1)*tileWidth*p.d] }
