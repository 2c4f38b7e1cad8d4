package expr

import (
	"fmt"
	"strings"

	"github.com/ergodica/ergodica/core/spec"
)

// def is one row of the op table: everything that is known of an operation.
//
// In the rules n is the node (its Args belong to the program it comes from); x are the ids of its operands in the program being built.
type def struct {
	arity  int    // number of operands; -1: any number, at least one; -2: any number
	attrs  string // attributes it has, by their JSON names
	dtypes class  // of the operands that the type rule calls x

	// infer is the type of the (first) result. It refuses what does not fit.
	infer func(t []Type, a *Attrs) (Type, error)
	// results are the types of all results, where there are several.
	results func(t []Type, a *Attrs) []Type

	// jvp gives the tangent of the result y for tangents t of the operands (none is zero), as nodes linear in t. A nil rule is a
	// derivative that is zero (comparisons, rounding, integers).
	jvp func(b *Builder, n *Node, x []ID, y ID, t []ID) ID
	// within is jvp of an operation whose rule asks what stands before it in the program.
	within func(b *Builder, n pushed, x, t []ID) ID
	// jvps is jvp of an operation with several results.
	jvps func(b *Builder, n *Node, x []ID, y []ID, t []ID) []ID
	// forward takes the place of the operation where it has tangents (some may be none): its results and theirs.
	forward func(b *Builder, n *Node, x, t []ID) (y, ty []ID)

	// transpose gives, for the cotangent ct of the result, those of the operands in lin; the operation is linear in them.
	transpose func(b *Builder, n *Node, ct ID, lin []bool) []ID
	// transposes is transpose of an operation with several results; cotangents may be none.
	transposes func(b *Builder, n *Node, cts []ID, lin []bool) []ID

	// vmap applies the operation to operands of which those in batched have an extra axis 0 of length size; so has the result.
	// nil: element-wise.
	vmap func(b *Builder, n *Node, x []ID, batched []bool, size int) ID
	// vmaps is vmap of an operation whose results may stay unbatched, or are no results of one node.
	vmaps func(b *Builder, n *Node, x []ID, batched []bool, size int) (y []ID, yBatched []bool)

	// eval is the slow reference. It gives all results.
	eval func(x []*val, n *Node, out []*val) error
}

var table [ops]*def

var byName = func() map[string]Op {
	m := map[string]Op{}
	for op, name := range names {
		m[name] = Op(op)
	}
	return m
}()

func (op Op) String() string {
	if int(op) < ops {
		return names[op]
	}
	return fmt.Sprintf("op(%d)", uint8(op))
}

// OpByName is the operation of that name.
func OpByName(name string) (Op, bool) {
	op, ok := byName[name]
	return op, ok
}

// Row is one line of the op table as other sides of the engine see it.
type Row struct {
	Op             Op
	Name           string
	Arity          int      // -1: any number
	Attrs          []string // JSON names
	Dtypes         []Dtype  // of the first operand; nil: any
	Elementwise    bool     // result i depends on element i of each operand alone; operands and result have one shape
	Differentiable bool
	Linear         bool // has a transpose
}

// Table lists every operation.
func Table() []Row {
	rows := make([]Row, 0, ops)
	for op, d := range table {
		if d != nil {
			rows = append(rows, Row{Op(op), names[op], max(d.arity, -1), strings.Fields(d.attrs), d.dtypes.list(), Op(op).Elementwise(),
				d.jvp != nil || d.jvps != nil || d.forward != nil || d.within != nil, d.transpose != nil})
		}
	}
	return rows
}

// Elementwise reports whether element i of the result depends on element i of each operand alone.
func (op Op) Elementwise() bool { return op >= OpNeg && op <= OpSelect }

// Results is the number of results of a node.
func (p *Program) Results(id ID) int {
	n := &p.Nodes[id]
	d := table[n.Op]
	if d.results == nil {
		return 1
	}
	return len(d.results(p.types(n.Args), n.attrs()))
}

// infer is the type of op applied to operands of types t.
func infer(op Op, t []Type, a *Attrs) (Type, error) {
	if int(op) >= ops || table[op] == nil {
		return Type{}, spec.Errorf(spec.SpecError, "unknown operation %s", op)
	}
	d := table[op]
	if d.arity >= 0 && len(t) != d.arity || d.arity == -1 && len(t) == 0 {
		want := fmt.Sprint(d.arity)
		if d.arity < 0 {
			want = "at least 1"
		}
		return Type{}, shapeErr("%s: expected %s operands, got %d", op, want, len(t))
	}
	if len(t) > 0 && d.dtypes != 0 && !d.dtypes.has(t[0].Dtype) {
		return Type{}, shapeErr("%s: expected one of%s, got %s", op, d.dtypes, t[0].Dtype)
	}
	if a == nil {
		a = &noAttrs
	}
	out, err := d.infer(t, a)
	if err != nil {
		return out, err
	}
	if err := out.check(); err != nil {
		return out, shapeErr("%s: %v", op, err)
	}
	return out, nil
}

// Op names an operation.
type Op uint8

// The operations, in the order of the op table.
const (
	// structure
	OpInput Op = iota
	OpConst
	OpResult
	// element-wise, one operand
	OpNeg
	OpAbs
	OpSign
	OpSqrt
	OpSqrt0
	OpRsqrt
	OpCbrt
	OpExp
	OpExp2
	OpExpm1
	OpLog
	OpLog2
	OpLog10
	OpLog1p
	OpSin
	OpCos
	OpTan
	OpAsin
	OpAcos
	OpAtan
	OpSinh
	OpCosh
	OpTanh
	OpAsinh
	OpAcosh
	OpAtanh
	OpFloor
	OpCeil
	OpRound
	OpTrunc
	OpIntegerPow
	OpErf
	OpErfc
	OpErfinv
	OpLgamma
	OpDigamma
	OpPolygamma
	OpExpit
	OpLogExpit
	OpNdtr
	OpNdtri
	OpLogNdtr
	OpI0e
	OpI1e
	OpJ0
	OpJ1
	OpExpintE1
	OpExpi
	OpLambertW
	OpIsNan
	OpIsFinite
	OpIsInf
	OpNot
	OpReal
	OpImag
	OpConj
	OpConvert
	OpStopGradient
	// element-wise, two operands
	OpAdd
	OpSub
	OpMul
	OpMulz
	OpDiv
	OpPow
	OpAtan2
	OpHypot
	OpMax
	OpMin
	OpMod
	OpFmod
	OpFloorDivide
	OpLogaddexp
	OpXlogy
	OpXlog1py
	OpZeta
	OpGammainc
	OpGammaincc
	OpJv
	OpYv
	OpIve
	OpKve
	OpCopysign
	OpNextafter
	OpRandomFold
	OpLoggammaSlope
	OpVonMisesSlope
	OpComplex
	OpEqual
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpAnd
	OpOr
	OpXor
	OpShiftLeft
	OpShiftRight
	// element-wise, three operands
	OpBetainc
	OpBetaincSlopeA
	OpBetaincSlopeB
	OpSelect
	// shape
	OpIota
	OpBroadcastInDim
	OpReshape
	OpTranspose
	OpSlice
	OpSliceUpdate
	OpPad
	OpConcatenate
	OpReverse
	OpRoll
	// reductions
	OpReduceSum
	OpReduceProd
	OpReduceMax
	OpReduceMin
	OpReduceAny
	OpReduceAll
	OpArgmax
	OpArgmin
	OpLogsumexp
	// along an axis
	OpCumsum
	OpCumprod
	OpCummax
	OpCummin
	OpCumlogsumexp
	OpLinearRecurrence
	OpSort
	OpArgsort
	OpSearchsorted
	OpFft
	OpIfft
	OpRfft
	OpIrfft
	// indexing
	OpGather
	OpScatter
	// linear algebra
	OpDotGeneral
	OpConv
	OpCholesky
	OpTriangularSolve
	OpSolve
	OpInv
	OpLu
	OpLuSolve
	OpSlogdet
	OpEigh
	OpQr
	OpSvd
	OpEig
	OpPinv
	OpFunm
	OpFunmTangent
	OpSpectralDiagonal
	OpSpectral
	OpSingularDiagonal
	OpSingular
	OpAssignment
	// random numbers
	OpRandomBits
	OpRandomUniform
	OpRandomNormal
	OpRandomLoggamma
	OpRandomPoisson
	OpRandomBinomial
	OpRandomVonMises
	// programs in programs
	OpCall
	OpCustomJvp
	OpCustomVjp
	OpCustomLinear
	// control flow
	OpScan
	OpSwitch
	OpRemat
	OpCustomSolve
	ops int = iota
)

var names = [ops]string{
	OpInput:            "input",
	OpConst:            "const",
	OpResult:           "result",
	OpNeg:              "neg",
	OpAbs:              "abs",
	OpSign:             "sign",
	OpSqrt:             "sqrt",
	OpSqrt0:            "sqrt0",
	OpRsqrt:            "rsqrt",
	OpCbrt:             "cbrt",
	OpExp:              "exp",
	OpExp2:             "exp2",
	OpExpm1:            "expm1",
	OpLog:              "log",
	OpLog2:             "log2",
	OpLog10:            "log10",
	OpLog1p:            "log1p",
	OpSin:              "sin",
	OpCos:              "cos",
	OpTan:              "tan",
	OpAsin:             "asin",
	OpAcos:             "acos",
	OpAtan:             "atan",
	OpSinh:             "sinh",
	OpCosh:             "cosh",
	OpTanh:             "tanh",
	OpAsinh:            "asinh",
	OpAcosh:            "acosh",
	OpAtanh:            "atanh",
	OpFloor:            "floor",
	OpCeil:             "ceil",
	OpRound:            "round",
	OpTrunc:            "trunc",
	OpIntegerPow:       "integer_pow",
	OpErf:              "erf",
	OpErfc:             "erfc",
	OpErfinv:           "erfinv",
	OpLgamma:           "lgamma",
	OpDigamma:          "digamma",
	OpPolygamma:        "polygamma",
	OpExpit:            "expit",
	OpLogExpit:         "log_expit",
	OpNdtr:             "ndtr",
	OpNdtri:            "ndtri",
	OpLogNdtr:          "log_ndtr",
	OpI0e:              "i0e",
	OpI1e:              "i1e",
	OpJ0:               "j0",
	OpJ1:               "j1",
	OpIsNan:            "is_nan",
	OpIsFinite:         "is_finite",
	OpIsInf:            "is_inf",
	OpNot:              "not",
	OpReal:             "real",
	OpImag:             "imag",
	OpConj:             "conj",
	OpConvert:          "convert",
	OpStopGradient:     "stop_gradient",
	OpAdd:              "add",
	OpSub:              "sub",
	OpMul:              "mul",
	OpMulz:             "mulz",
	OpDiv:              "div",
	OpPow:              "pow",
	OpAtan2:            "atan2",
	OpHypot:            "hypot",
	OpMax:              "max",
	OpMin:              "min",
	OpMod:              "mod",
	OpFmod:             "fmod",
	OpFloorDivide:      "floor_divide",
	OpLogaddexp:        "logaddexp",
	OpXlogy:            "xlogy",
	OpXlog1py:          "xlog1py",
	OpZeta:             "zeta",
	OpGammainc:         "gammainc",
	OpGammaincc:        "gammaincc",
	OpExpintE1:         "exp1",
	OpExpi:             "expi",
	OpLambertW:         "lambertw",
	OpJv:               "jv",
	OpYv:               "yv",
	OpIve:              "ive",
	OpKve:              "kve",
	OpBetainc:          "betainc",
	OpBetaincSlopeA:    "betainc_slope_a",
	OpBetaincSlopeB:    "betainc_slope_b",
	OpCopysign:         "copysign",
	OpNextafter:        "nextafter",
	OpRandomFold:       "random_fold",
	OpLoggammaSlope:    "loggamma_slope",
	OpVonMisesSlope:    "von_mises_slope",
	OpComplex:          "complex",
	OpEqual:            "equal",
	OpNotEqual:         "not_equal",
	OpLess:             "less",
	OpLessEqual:        "less_equal",
	OpGreater:          "greater",
	OpGreaterEqual:     "greater_equal",
	OpAnd:              "and",
	OpOr:               "or",
	OpXor:              "xor",
	OpShiftLeft:        "shift_left",
	OpShiftRight:       "shift_right",
	OpSelect:           "select",
	OpIota:             "iota",
	OpBroadcastInDim:   "broadcast_in_dim",
	OpReshape:          "reshape",
	OpTranspose:        "transpose",
	OpSliceUpdate:      "slice_update",
	OpSlice:            "slice",
	OpPad:              "pad",
	OpConcatenate:      "concatenate",
	OpReverse:          "reverse",
	OpRoll:             "roll",
	OpReduceSum:        "reduce_sum",
	OpReduceProd:       "reduce_prod",
	OpReduceMax:        "reduce_max",
	OpReduceMin:        "reduce_min",
	OpReduceAny:        "reduce_any",
	OpReduceAll:        "reduce_all",
	OpArgmax:           "argmax",
	OpArgmin:           "argmin",
	OpLogsumexp:        "logsumexp",
	OpCumsum:           "cumsum",
	OpCumprod:          "cumprod",
	OpCummax:           "cummax",
	OpCummin:           "cummin",
	OpCumlogsumexp:     "cumlogsumexp",
	OpLinearRecurrence: "linear_recurrence",
	OpSort:             "sort",
	OpArgsort:          "argsort",
	OpSearchsorted:     "searchsorted",
	OpFft:              "fft",
	OpIfft:             "ifft",
	OpRfft:             "rfft",
	OpIrfft:            "irfft",
	OpGather:           "gather",
	OpScatter:          "scatter",
	OpDotGeneral:       "dot_general",
	OpConv:             "conv",
	OpCholesky:         "cholesky",
	OpTriangularSolve:  "triangular_solve",
	OpSolve:            "solve",
	OpInv:              "inv",
	OpLu:               "lu",
	OpLuSolve:          "lu_solve",
	OpSlogdet:          "slogdet",
	OpEigh:             "eigh",
	OpQr:               "qr",
	OpSvd:              "svd",
	OpEig:              "eig",
	OpPinv:             "pinv",
	OpFunm:             "funm",
	OpFunmTangent:      "funm_tangent",
	OpSpectralDiagonal: "spectral_diagonal",
	OpSpectral:         "spectral",
	OpSingularDiagonal: "singular_diagonal",
	OpSingular:         "singular",
	OpAssignment:       "assignment",
	OpRandomBits:       "random_bits",
	OpRandomUniform:    "random_uniform",
	OpRandomNormal:     "random_normal",
	OpRandomLoggamma:   "random_loggamma",
	OpRandomPoisson:    "random_poisson",
	OpRandomBinomial:   "random_binomial",
	OpRandomVonMises:   "random_von_mises",
	OpCall:             "call",
	OpCustomJvp:        "custom_jvp",
	OpCustomVjp:        "custom_vjp",
	OpCustomLinear:     "custom_linear",
	OpScan:             "scan",
	OpSwitch:           "switch",
	OpRemat:            "remat",
	OpCustomSolve:      "custom_solve",
}
