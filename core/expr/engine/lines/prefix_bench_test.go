package lines

import (
	"fmt"
	"testing"
)

// A recurrence and a running product in segments beside one element after the other.
func BenchmarkPrefix(b *testing.B) {
	const n = Block
	a, x, y := make([]float64, n), make([]float64, n), make([]float64, n)
	s := noise(1)
	for i := range a {
		a[i], x[i] = 0.9+float64(i%2)/9, float64(s.next()%100)
	}
	starts, ends := make([]float64, Segments(n)), make([]float64, Segments(n))
	for name, given := range map[string][]float64{"recurrence": x, "product": nil} {
		offsets := ends
		if given == nil {
			offsets = nil
		}
		for how, run := range map[string]func(){
			"segments": func() {
				Maps(starts, offsets, a, given, false)
				Starts(starts, offsets, 0, true)
				Run(y, ends, starts, a, given, true, false)
				Mend(y, ends, starts, a, given, false)
			},
			"in turn": func() {
				if given == nil {
					Line(y, a, false, Mul)
				} else {
					Recurrence(y, a, given, 1, 1, false)
				}
			},
		} {
			b.Run(fmt.Sprintf("%s/%s", name, how), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
