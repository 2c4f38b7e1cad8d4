package expr

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
	OpCopysign
	OpNextafter
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
	OpSelect
	// shape
	OpIota
	OpBroadcastInDim
	OpReshape
	OpTranspose
	OpSlice
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
	// programs in programs
	OpCall
	OpCustomJvp
	OpCustomVjp
	OpCustomLinear
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
	OpCopysign:         "copysign",
	OpNextafter:        "nextafter",
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
	OpCall:             "call",
	OpCustomJvp:        "custom_jvp",
	OpCustomVjp:        "custom_vjp",
	OpCustomLinear:     "custom_linear",
}
