package expr

import (
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/linalg"
)

// mul is a product that no compiler fuses with a sum.
func mul(x, y complex128) complex128 { return special.Cmul(x, y) }

// stackOf is a batch of matrices: how many, rows, columns.
func stackOf(x *val) (n, rows, cols int) {
	r := x.Rank()
	return count(x.Shape[:r-2]), x.Shape[r-2], x.Shape[r-1]
}

// roundAll stores the results of core/linalg, which are in double precision, in their dtypes.
func roundAll(out []*val) error {
	for _, v := range out {
		for k, x := range v.f {
			v.f[k] = v.round(x)
		}
		for k, x := range v.c {
			v.c[k] = v.roundc(x)
		}
	}
	return nil
}

func evalCholesky(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Cholesky(k, n, out[0].c, x[0].c, nil)
	} else {
		linalg.Cholesky(k, n, out[0].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalSlogdet(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.LogDet(k, n, out[0].f, out[1].c, x[0].c, nil)
	} else {
		linalg.LogDet(k, n, out[0].f, out[1].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalTriangularSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[1])
	a := node.attrs()
	if x[0].c != nil {
		linalg.TriangularSolve(k, n, m, out[0].c, x[0].c, x[1].c, a.Lower, a.Trans, a.Unit, nil)
	} else {
		linalg.TriangularSolve(k, n, m, out[0].f, x[0].f, x[1].f, a.Lower, a.Trans, a.Unit, nil)
	}
	return roundAll(out)
}

func evalSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[1])
	trans := node.attrs().Trans
	if x[0].c != nil {
		linalg.Solve(k, n, m, out[0].c, x[0].c, x[1].c, trans, nil)
	} else {
		linalg.Solve(k, n, m, out[0].f, x[0].f, x[1].f, trans, nil)
	}
	return roundAll(out)
}

func evalInv(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Inverse(k, n, out[0].c, x[0].c, nil)
	} else {
		linalg.Inverse(k, n, out[0].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalLu(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.LU(k, n, out[0].c, out[1].i, x[0].c, nil)
	} else {
		linalg.LU(k, n, out[0].f, out[1].i, x[0].f, nil)
	}
	return roundAll(out)
}

func evalLuSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[2])
	trans := node.attrs().Trans
	if x[0].c != nil {
		linalg.LUSolve(k, n, m, out[0].c, x[0].c, x[1].i, x[2].c, trans, nil)
	} else {
		linalg.LUSolve(k, n, m, out[0].f, x[0].f, x[1].i, x[2].f, trans, nil)
	}
	return roundAll(out)
}

func evalEigh(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Eigh(k, n, out[0].f, out[1].c, x[0].c, nil)
	} else {
		linalg.Eigh(k, n, out[0].f, out[1].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalQr(x []*val, node *Node, out []*val) error {
	k, m, n := stackOf(x[0])
	if x[0].c != nil {
		linalg.QR(k, m, n, out[0].c, out[1].c, x[0].c, node.attrs().Mode == "full", nil)
	} else {
		linalg.QR(k, m, n, out[0].f, out[1].f, x[0].f, node.attrs().Mode == "full", nil)
	}
	return roundAll(out)
}

func evalSvd(x []*val, node *Node, out []*val) error {
	k, m, n := stackOf(x[0])
	if x[0].c != nil {
		linalg.SVD(k, m, n, out[0].c, out[1].f, out[2].c, x[0].c, node.attrs().Mode == "full", nil)
	} else {
		linalg.SVD(k, m, n, out[0].f, out[1].f, out[2].f, x[0].f, node.attrs().Mode == "full", nil)
	}
	return roundAll(out)
}
