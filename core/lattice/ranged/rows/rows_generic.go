//go:build !(goexperiment.simd && amd64)

package rows

func (r *Rows) addVector(f, t []float64, shift int, d float64) int { return 0 }

func (r *Rows) tensorsVector(f []float64, t [][]float64, m int, d [][3]float64, from, to int) bool {
	return false
}

func (l *Line) drawVector(from, to int) (int, bool) { return 0, false }

func (l *Line) tryVector(from, to int) bool { return false }

func (l *Line) reflectVector(from, to int) bool { return false }

func proposeVector(next, own []float64, step float64) int { return 0 }

func addFours(to, from []float64, apart int) bool { return false }
