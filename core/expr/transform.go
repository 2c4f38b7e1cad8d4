package expr

// Transform is a program -> program map as it stands in a call node, applied in order.
//
// Kinds, for a program f with inputs x and outputs y:
//
//	"jvp"             (x, tangents of x[wrt]) -> (y, tangents of y)
//	"vjp"             (x, cotangents of y) -> (y, cotangents of x[wrt])
//	"grad"            x -> gradients of the real scalar y[0] in x[wrt]
//	"value_and_grad"  x -> (y, gradients of y[0]); the other outputs are auxiliary
//	"hvp"             (x, tangents of x[wrt]) -> tangents of the gradients
//	"jacfwd" "jacrev" x -> for each output, for each of wrt: y.shape + x.shape
//	"hessian"         x -> for each pair of wrt: x_i.shape + x_j.shape
//	"vmap"            in[k] is the axis of input k that is mapped (-1: none), out[k] where it stands in output k
type Transform struct {
	Kind string `json:"kind"`
	Wrt  []int  `json:"wrt,omitempty"` // inputs, in order; absent: input 0
	In   []int  `json:"in,omitempty"`
	Out  []int  `json:"out,omitempty"`  // absent: all 0
	Size int    `json:"size,omitempty"` // vmap: length, needed only where no input is mapped
}
