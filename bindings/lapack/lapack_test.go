package lapack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/definitions"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// scipys is SciPy's OpenBLAS, of the first Python that has one: ERGODICA_LAPACK names another library. Python's own pointers are tested by pytest.
func scipys(t testing.TB) *Library {
	path := os.Getenv("ERGODICA_LAPACK")
	for _, python := range []string{"../../.venv/bin/python", "python3"} {
		if path != "" {
			break
		}
		out, err := exec.Command(python, "-c", "import scipy, pathlib; print(pathlib.Path(scipy.__file__).parent)").Output()
		if err != nil {
			continue
		}
		home := strings.TrimSpace(string(out))
		for _, pattern := range []string{home + ".libs/libscipy_openblas-*", home + "/.dylibs/libscipy_openblas*"} {
			if found, _ := filepath.Glob(pattern); len(found) > 0 {
				path = found[0]
			}
		}
	}
	if path == "" {
		t.Skip("no SciPy with an OpenBLAS of its own")
	}
	l, err := Open(path)
	require.NoError(t, err)
	return l
}

// As core/linalg's test of the plain library.
func TestLapackMeetsDefinitions(t *testing.T) {
	l := scipys(t)
	require.NoError(t, definitions.Verify(l, []int{0, 1, 2, 3, 7, 13, 23}))
	require.NoError(t, definitions.Compare(l, linalg.Plain{}, []int{1, 2, 5, 11, 19}))
}

// Sections hold OpenBLAS to one thread, nest, and give back what was set; what somebody else set meanwhile stays.
func TestNarrowGivesTheSettingBack(t *testing.T) {
	l := scipys(t)
	if !l.threads.known() {
		t.Skip("no OpenBLAS")
	}
	before := l.threads.get()
	defer l.threads.set(before)
	l.threads.set(2)
	l.Narrow()
	require.Equal(t, 1, l.threads.get())
	l.Narrow()
	l.Widen()
	require.Equal(t, 1, l.threads.get())
	l.Widen()
	require.Equal(t, 2, l.threads.get())
	l.Narrow()
	l.threads.set(3)
	l.Widen()
	require.Equal(t, 3, l.threads.get())
}

// Calls from many threads do not share anything but their libraries.
func TestCallsAtOnce(t *testing.T) {
	l := scipys(t)
	require.NoError(t, par.Do(context.Background(), 4, 8, func(int) error { return definitions.Verify(l, []int{5, 8}) }))
}

// Steady use allocates nothing.
func TestFactoringAllocatesNothing(t *testing.T) {
	l := scipys(t)
	const n, count = 30, 3
	w := &linalg.Scratch{By: l}
	room := func(k int) []float64 { return make([]float64, count*k) }
	a, x, y, z, v := room(n*n), room(n*n), room(n*n), room(n*n), room(n)
	perm := make([]int64, count*n)
	for k := range a {
		a[k] = float64((k*k+3)%17) + 1
	}
	values, small := make([]complex128, count*n), new(linalg.Scratch)
	single := make([]complex64, len(a))
	out := make([]complex64, len(a))
	for k := range a {
		single[k] = complex(float32(a[k]), 1)
	}
	all := func() {
		linalg.Cholesky(count, n, x, a, w)
		linalg.LU(count, n, x, perm, a, w)
		linalg.LUSolve(count, n, n, y, x, perm, a, true, w)
		linalg.Solve(count, n, n, y, a, a, false, w)
		linalg.LogDet(count, n, v[:count], v[count:2*count], a, w)
		linalg.Eigh(count, n, v, x, a, w)
		linalg.QR(count, n, n, x, y, a, false, w)
		linalg.SVD(count, n, n, x, v, z, a, false, w)
		linalg.Cholesky(count, n, out, single, w)
		linalg.Inverse(count, n, out, single, w)
		linalg.Inverse(count, n, x, a, w)
		linalg.Eig(count, n, values, nil, a, w)
		linalg.MatrixFunction(linalg.Exp, count, n, x, a, nil, w)
		linalg.MatrixFunction(linalg.Exp, 1, n, x[:n*n], a[:n*n], a[n*n:2*n*n], w)
		linalg.Eigh(count, 20, v, x, a, small) // our own kernels
		linalg.Solve(count, 20, 1, v, a, a, true, small)
		linalg.QR(count, 20, 20, x, y, a, false, small)
	}
	all()
	require.Zero(t, testing.AllocsPerRun(20, all))
}

// A batch gives the same bits whatever number of threads was set, and leaves that number. Catches: a batch that is no section (dtrsm of 64 columns
// splits them in two).
func TestBitsDoNotDependOnThreads(t *testing.T) {
	l := scipys(t)
	if !l.threads.known() {
		t.Skip("no OpenBLAS")
	}
	before := l.threads.get()
	defer l.threads.set(before)
	const n = 200
	a := make([]float64, n*n)
	rng.New(3).Normals(a, 0, 0)
	run := func(threads int) []float64 {
		l.threads.set(threads)
		x, w, v := make([]float64, n*n), make([]float64, n), make([]float64, n*n)
		linalg.Inverse(1, n, x, a, &linalg.Scratch{By: l})
		linalg.Eigh(1, n, w, v, a, &linalg.Scratch{By: l})
		require.Equal(t, threads, l.threads.get())
		return slices.Concat(x, w, v)
	}
	require.Equal(t, run(1), run(2))
}
