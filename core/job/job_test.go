package job

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

const ising = `{"verb":"sample","system":{"type":"lattice.Ising","lattice":{"shape":[4,4]},"J":1,"h":0,"periodic":true},"method":{"type":"Metropolis"},"seed":"1","kT":[2.0],"sweeps":10,"observe":["energy"]}`

func TestTrivialRun(t *testing.T) {
	j, err := Open([]byte(ising), nil, memory.NewGoAllocator())
	require.NoError(t, err)
	defer j.Close()
	for j.Wait(time.Second).State == Running {
	}
	text, err := j.Snapshot().JSON()
	require.NoError(t, err)
	a, err := j.Take(0)
	require.NoError(t, err)
	fmt.Println(text, array.View[float64](a))
}

func BenchmarkTrivialJob(b *testing.B) {
	for b.Loop() {
		j, err := Open([]byte(ising), nil, memory.NewGoAllocator())
		if err != nil {
			b.Fatal(err)
		}
		for j.Wait(time.Second).State == Running {
		}
		j.Close()
	}
}
