package lattice

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

const squareTc = 2.269185314213022

// warmed is a walker in equilibrium.
func warmed(b *testing.B, method string, kT float64, sweeps int64, shape ...int) kernel {
	for _, e := range Registry() {
		if e.Verb == "sample" && e.Method == method {
			made, err := e.Open(onLattice(shape, wrapped, one, noField)(), e.NewMethod(),
				[]contract.Walker{{Params: contract.Params{KT: kT}, Key: rng.New(1)}}, contract.Start{Kind: "ordered"})
			if err != nil {
				b.Fatal(err)
			}
			k := made.(*ensemble).Kernels[0]
			if err := k.SweepTo(context.Background(), sweeps, nil); err != nil {
				b.Fatal(err)
			}
			k.Warm()
			return k
		}
	}
	b.Fatalf("no method %s", method)
	return nil
}

func benchmarkWolff(b *testing.B, kT float64, shape ...int) {
	w := warmed(b, "Wolff", kT, 100, shape...).(*wolff)
	b.ReportAllocs()
	for b.Loop() {
		sweepOnce(w, w.key)
	}
	b.ReportMetric(float64(w.state.Sites)/b.Elapsed().Seconds()/1e6, "Mflips/s")
	b.ReportMetric(float64(w.state.Sites)/float64(w.state.Clusters), "sites/cluster")
}

func BenchmarkWolff16(b *testing.B)      { benchmarkWolff(b, squareTc, 16, 16) }
func BenchmarkWolff64(b *testing.B)      { benchmarkWolff(b, squareTc, 64, 64) }
func BenchmarkWolff512(b *testing.B)     { benchmarkWolff(b, squareTc, 512, 512) }
func BenchmarkWolff500(b *testing.B)     { benchmarkWolff(b, squareTc, 500, 500) }
func BenchmarkWolff512Cold(b *testing.B) { benchmarkWolff(b, 1.5, 512, 512) }
func BenchmarkWolff512Hot(b *testing.B)  { benchmarkWolff(b, 4, 512, 512) }
func BenchmarkWolffCube(b *testing.B)    { benchmarkWolff(b, 4.5115, 64, 64, 64) }
func BenchmarkWolffRing(b *testing.B)    { benchmarkWolff(b, 0.5, 1<<16) }

func benchmarkSwendsenWang(b *testing.B, shape ...int) {
	k := warmed(b, "SwendsenWang", squareTc, 100, shape...)
	b.ReportAllocs()
	updates := 0
	for b.Loop() {
		sweepOnce(k, rng.Key{})
		updates++
	}
	n := 1
	for _, l := range shape {
		n *= l
	}
	b.ReportMetric(float64(n*updates)/b.Elapsed().Seconds()/1e6, "Mspins/s")
}

func BenchmarkSwendsenWang16(b *testing.B)   { benchmarkSwendsenWang(b, 16, 16) }
func BenchmarkSwendsenWang64(b *testing.B)   { benchmarkSwendsenWang(b, 64, 64) }
func BenchmarkSwendsenWang512(b *testing.B)  { benchmarkSwendsenWang(b, 512, 512) }
func BenchmarkSwendsenWang2048(b *testing.B) { benchmarkSwendsenWang(b, 2048, 2048) }
func BenchmarkSwendsenWangCube(b *testing.B) { benchmarkSwendsenWang(b, 64, 64, 64) }
