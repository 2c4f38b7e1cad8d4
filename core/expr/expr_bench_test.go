package expr

import "testing"

func mlp(batch int) *Program {
	in := []Type{f64(batch, 784), f64(batch, 10), f64(784, 512), f64(512), f64(512, 512), f64(512), f64(512, 10), f64(10)}
	return program(in, func(b *Builder, x []ID) []ID {
		h := x[0]
		for k := 2; k < 8; k += 2 {
			h = b.MatMul(h, x[k])
			h = b.Add(h, b.BroadcastTo(x[k+1], b.Type(h).Shape))
			if k < 6 {
				h = b.Tanh(h)
			}
		}
		loss := b.Sub(b.Reduce(OpLogsumexp, h, 1), b.Sum(b.Mul(h, x[1]), 1))
		return []ID{b.Scale(b.SumAll(loss), 1/float64(batch))}
	})
}

// From the wire to the optimised value and gradient of a three-layer network.
func BenchmarkCompileMLP(b *testing.B) {
	raw := must(mlp(128).MarshalJSON())
	for b.Loop() {
		p := must(Decode(raw))
		must(Optimize(must(ValueAndGrad(p, []int{2, 3, 4, 5, 6, 7})), AllPasses))
	}
}

// Decoding an unrolled program of 1e5 nodes.
func BenchmarkDecodeLong(b *testing.B) {
	raw := must(unrolled(100_000).MarshalJSON())
	for b.Loop() {
		must(Decode(raw))
	}
}
