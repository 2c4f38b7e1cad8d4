package events

// Generator is the matrix of rates between states, G[a][b] from a to b, found by firing every channel from every state with both uniform numbers on a grid
// of midpoints: exact where all thresholds are multiples of 1/grid. index finds a state; one that it does not know (-1) is left out. It serves tests.
func Generator[T any](p Process[T], states [][]T, index func(x []T) int, grid int) [][]float64 {
	g := make([][]float64, len(states))
	n := 1
	if p.Both() {
		n = grid
	}
	for a, x := range states {
		g[a] = make([]float64, len(states))
		p.Begin(x)
		first := 0
		for _, c := range p.Classes() {
			for channel := first; channel < first+c.Count; channel++ {
				for i := range grid {
					for j := range n {
						y := append([]T(nil), x...)
						p.Begin(y)
						p.Fire(y, channel, (float64(i)+0.5)/float64(grid), (float64(j)+0.5)/float64(n))
						if b := index(y); b >= 0 && b != a {
							g[a][b] += c.Rate / float64(grid*n)
							g[a][a] -= c.Rate / float64(grid*n)
						}
					}
				}
			}
			first += c.Count
		}
	}
	return g
}
