//go:build !(goexperiment.simd && amd64)

package bitslice

func (c *Classes) sortVector(mask, rest []Group, in *Inputs) { c.sortScalar(mask, rest, in) }
