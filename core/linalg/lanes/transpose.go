package lanes

// Transpose exchanges rows and columns of a (n, n).
func Transpose(n int, a []float64) {
	whole := n &^ 7
	for i := 0; i < whole; i += 8 {
		for j := 0; j <= i; j += 8 {
			block(n, i, j, a)
		}
	}
	for i := whole; i < n; i++ {
		for j := range i {
			a[i*n+j], a[j*n+i] = a[j*n+i], a[i*n+j]
		}
	}
}

// Reflect copies the lower triangle of a (n, n) to the upper one, or back.
func Reflect(n int, a []float64, back bool) {
	whole := n &^ 7
	for i := 0; i < whole; i += 8 {
		for j := 0; j < i; j += 8 {
			if back {
				raise(n, j, i, a)
			} else {
				raise(n, i, j, a)
			}
		}
		for r := i; r < i+8; r++ {
			for c := i; c < r; c++ {
				reflectOne(n, r, c, a, back)
			}
		}
	}
	for r := whole; r < n; r++ {
		for c := range r {
			reflectOne(n, r, c, a, back)
		}
	}
}

func reflectOne(n, r, c int, a []float64, back bool) {
	if back {
		a[r*n+c] = a[c*n+r]
	} else {
		a[c*n+r] = a[r*n+c]
	}
}

func blockFrom(n, i, j int, a []float64) {
	for r := i; r < i+8; r++ {
		for c := j; c < min(j+8, r); c++ {
			a[r*n+c], a[c*n+r] = a[c*n+r], a[r*n+c]
		}
	}
}

func raiseFrom(n, i, j int, a []float64) {
	for r := i; r < i+8; r++ {
		for c := j; c < j+8; c++ {
			a[c*n+r] = a[r*n+c]
		}
	}
}
