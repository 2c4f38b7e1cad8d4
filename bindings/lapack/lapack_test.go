package lapack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/definitions"
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
	require.NoError(t, definitions.Verify(l, []int{0, 1, 2, 3, 7, 13, 33}))
	require.NoError(t, definitions.Compare(l, linalg.Plain{}, []int{1, 2, 5, 11, 29}))
}
