package job

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// overs are methods over ensembles, on spins: each with settings that use all that it has.
var overs = []ask{
	{"type": "ParallelTempering", "adapt": true, "kernel": ask{"type": "Metropolis"}},
	{"type": "ParallelTempering", "swap_every": 3, "swaps": "random"},
	{"type": "SMC", "pilot": 30, "cess": 0.8},
	{"type": "SMC", "kernel": ask{"type": "Wolff"}, "sweeps": 2},
	{"type": "AnnealedImportanceSampling", "steps": 5},
	{"type": "PopulationAnnealing"},
	{"type": "WangLandau", "low": -100, "high": 100, "bins": 51, "final": 0.01, "kernel": ask{"type": "HeatBath"}},
	{"type": "Multicanonical", "low": -1, "high": 1, "bins": 49, "rounds": 3, "length": 20, "observable": "magnetization", "kernel": ask{"type": "Metropolis"}},
	{"type": "SimulatedTempering", "kernel": ask{"type": "Metropolis"}},
	{"type": "UmbrellaSampling", "windows": 5, "observable": "magnetization", "kernel": ask{"type": "HeatBath"}},
	{"type": "NestedSampling", "live": 40, "tolerance": 0.1, "kernel": ask{"type": "Metropolis"}},
}

// The same seed gives the same bits for any number of threads, on every SIMD level, with chains split over jobs, and cancelled again and again.
func TestMethodsOverEnsemblesKeepTheirBits(t *testing.T) {
	for _, m := range overs {
		name := m["type"].(string)
		t.Run(name, func(t *testing.T) {
			base := ask{"system": ask{"type": "lattice.Ising", "lattice": ask{"shape": []int{6, 8}}, "h": 0.1}, "method": m, "kT": []float64{1.5, 3.5, 2.2},
				"scan": []string{"kT"}, "chains": 2, "sweeps": 60, "warmup": 40, "observe": []string{"energy", "configuration"}}
			if m["kernel"] == nil || m["kernel"].(ask)["type"] == "Wolff" {
				base["system"] = ask{"type": "lattice.Ising", "lattice": ask{"shape": []int{6, 8}}}
			}
			reference := beginModel(t, base, ask{"threads": 1})
			s := end(t, reference)
			require.Equal(t, Done, s.State, "%v", s.Error)
			same := func(j *Job, why string) {
				s := end(t, j)
				require.Equal(t, Done, s.State, "%s: %v", why, s.Error)
				for k := range s.Results {
					require.Equal(t, bits(t, reference, k), bits(t, j, k), "%s: %s", why, s.Results[k].Name)
				}
			}
			for _, threads := range []int{2, 3, 8} {
				same(beginModel(t, base, ask{"threads": threads}), "threads")
			}
			for _, level := range simd.Levels()[1:] {
				require.NoError(t, simd.Use(level))
				same(beginModel(t, base), level.String())
				require.NoError(t, simd.Use(simd.Levels()[0]))
			}
			for first := range 2 {
				j := beginModel(t, base, ask{"chains": 1, "first_chain": first})
				s := end(t, j)
				for k, r := range s.Results {
					whole, part := bits(t, reference, k), bits(t, j, k)
					width := len(part) / 3
					for temperature := range 3 {
						at := (2*temperature + first) * width
						require.Equal(t, whole[at:at+width], part[temperature*width:(temperature+1)*width], "chain %d alone: %s", first, r.Name)
					}
				}
			}
			path := filepath.Join(t.TempDir(), "run")
			for patience := 50 * time.Microsecond; ; patience = patience * 3 / 2 {
				j := beginModel(t, base, savedAt(path, 1000))
				time.Sleep(patience)
				j.Cancel()
				if end(t, j).State == Done {
					same(j, "cancelled and continued")
					break
				}
				j.Close()
			}
		})
	}
}
