package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/stretchr/testify/require"
)

// Bath sets a spin by its neighbours (R. J. Glauber, J. Math. Phys. 4, 294 (1963)):
//
//	p = 1 / (1 + exp(-2 b / kT)).
//
// It works on \pm 1 spins; see [Bath].
//
// # Observables
//
//	flips ()   accepted share
//
// # Examples
//
//	>>> 1 + 1
//	2
type Bath struct {
	Where geometry.Lattice `spec:"where"` // Side lengths.
	// Order of the visits.
	Order string `spec:"order" default:"\"random\"" oneof:"random,sequential"`
	// Field at each site.
	H       array.Field `spec:"h" default:"0.0" unit:"energy"`
	Step    float64     `spec:"dt" default:"1" range:"(0,inf)" unit:"time"` // Time step.
	Wrap    []bool      `spec:"wrap" default:"[true]"`                      // Boundary.
	Ceiling float64     `spec:"ceiling" default:"\"inf\""`                  // Highest energy.
	hidden  int
}

const bath = `@dataclass(frozen=True, eq=False, repr=False)
class Bath(Method):
    r"""Bath sets a spin by its neighbours (R. J. Glauber, J. Math. Phys. 4, 294 (1963)):

        p = 1 / (1 + exp(-2 b / kT)).

    It works on \pm 1 spins; see Bath.

    Parameters
    ----------
    where : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths.
    order : {"random", "sequential"}, default "random"
        Order of the visits.
    h : float or array, unit energy, default 0.0
        Field at each site.
    dt : float, in (0, inf), unit time, default 1.0
        Time step.
    wrap : bool or sequence of bool, default (True,)
        Boundary.
    ceiling : float, default float("inf")
        Highest energy.

    Observables
    -----------
    flips ()   accepted share

    Examples
    --------
    >>> 1 + 1
    2
    """

    type: ClassVar[str] = "Bath"

    where: LatticeLike
    order: Literal["random", "sequential"] = "random"
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    dt: float = field(default=1.0, metadata={"unit": "time", "range": "(0, inf)"})
    wrap: bool | Sequence[bool] = (True,)
    ceiling: float = float("inf")
`

func TestClassFromStruct(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	text, err := Python(root, []Spec{{Name: "Bath", Kind: "method", Value: Bath{hidden: 1}}})
	require.NoError(t, err)
	_, class, _ := strings.Cut(string(text), "]\n\n\n")
	require.Equal(t, bath, class)
	require.Contains(t, string(text), "from ergodica._base import Method\n")

	_, err = Python(root, []Spec{{Name: "a.Bath", Kind: "method", Value: Bath{}}, {Name: "b.Bath", Kind: "system", Value: Bath{}}})
	require.ErrorContains(t, err, "both be the class Bath")
}

// The file in the tree is what the registry's structs say now.
func TestSpecsAreUpToDate(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	want, err := Python(root, registered())
	require.NoError(t, err)
	require.NoError(t, compare(filepath.Join(root, target), want))
}
