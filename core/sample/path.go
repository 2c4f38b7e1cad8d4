package sample

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// path is the reference at the other end of the geometric path u = (1-r) u_target + r u_reference: a Gaussian of independent coordinates,
// u_reference = sum (z - mean)^2 / (2 scale^2), uniform for angles and on curved surfaces, or the prior of the target.
type path struct {
	mean, scale, stiff []float64 // stiff is 1/scale^2, 0 where it is uniform
	even               []bool    // which coordinates are those of angles and of curved surfaces; nil where none is
	volume             float64   // log of that of angles and surfaces
	version            int       // changes when they do
	prior              contract.HasPrior
}

func newPath(n int, shape contract.Blocks) *path {
	p := &path{mean: make([]float64, n), scale: ones(n)}
	at := 0
	for _, b := range shape {
		angles, curved := b.Kind == "torus", b.Curved() && !b.Discrete()
		if angles || curved {
			if p.even == nil {
				p.even = make([]bool, n)
			}
			for i := range b.Size() {
				p.even[at+i] = true
			}
		}
		if angles {
			p.volume += float64(float64(b.Size()) * logTau)
		}
		at += b.Size()
	}
	if surfaces := manifold.New(shape); surfaces != nil {
		p.volume += surfaces.LogVolume()
	}
	p.stiffen()
	return p
}

// uniform tells whether a coordinate is an angle, or of a curved surface.
func (r *path) uniform(i int) bool { return r.even != nil && r.even[i] }

func (r *path) stiffen() {
	r.stiff = make([]float64, len(r.scale))
	for i, s := range r.scale {
		if !r.uniform(i) {
			r.stiff[i] = 1 / float64(s*s)
		}
	}
}

// before makes the access of an evaluator to the prior.
func (e *evaluator) before(n int) (err error) {
	if e.prior == nil {
		e.slope = make([]float64, n)
		e.prior, err = e.path.prior.Prior()
	}
	return err
}

// reference is u_reference at z; of a prior the gradient is there too.
func (e *evaluator) reference(ctx context.Context, z []float64) (float64, error) {
	if e.path.prior == nil {
		return e.path.at(z), nil
	}
	if err := e.before(len(z)); err != nil {
		return 0, err
	}
	u, err := e.there, error(nil)
	if !e.told {
		u, err = e.prior.Gradient(ctx, z, e.slope)
	}
	if u != u {
		u = math.Inf(1)
	}
	return u, err
}

// UsePrior makes the target's prior the reference.
func (e *ensemble) UsePrior() (bool, error) {
	t, ok := e.target.(contract.HasPrior)
	if !ok {
		return false, nil
	}
	if p, err := t.Prior(); p == nil || err != nil {
		return false, err
	}
	e.path.prior = t
	return true, nil
}

// at is u_reference, summed in the order of fourfold.
func (r *path) at(z []float64) float64 {
	var s [4]float64
	mean, stiff := r.mean[:len(z)], r.stiff[:len(z)]
	for i, x := range z[:len(z)&^3] {
		d := x - mean[i]
		s[i&3] += float64(d * float64(stiff[i]*d))
	}
	for i := len(z) &^ 3; i < len(z); i++ {
		d := z[i] - mean[i]
		s[0] += float64(d * float64(stiff[i]*d))
	}
	return float64(0.5 * ((s[0] + s[1]) + (s[2] + s[3])))
}

// fourfold is sum x y over four lanes: for short rows.
func fourfold(x, y []float64) float64 {
	var s0, s1, s2, s3 float64
	n := len(x) &^ 3
	y = y[:len(x)]
	for i := 0; i < n; i += 4 {
		s0 += float64(x[i] * y[i])
		s1 += float64(x[i+1] * y[i+1])
		s2 += float64(x[i+2] * y[i+2])
		s3 += float64(x[i+3] * y[i+3])
	}
	for i := n; i < len(x); i++ {
		s0 += float64(x[i] * y[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// mix takes the reference's share into u and its gradient.
func (e *evaluator) mix(ctx context.Context, p *point, slope bool) error {
	share, rest := e.share, 1-e.share
	reference, err := e.reference(ctx, p.z)
	p.u = e.mixed(p.u, reference)
	if !slope || err != nil {
		return err
	}
	z := p.z
	if e.path.prior != nil {
		for i, s := range e.slope {
			t := float64(share * s)
			if rest > 0 {
				t = float64(rest*p.g[i]) + t
			}
			p.g[i] = t
		}
		return nil
	}
	mean, stiff, g := e.path.mean[:len(z)], e.path.stiff[:len(z)], p.g[:len(z)]
	for i, x := range z {
		t := float64(share * float64(stiff[i]*(x-mean[i])))
		if rest > 0 {
			t = float64(rest*g[i]) + t
		}
		g[i] = t
	}
	return nil
}

// mixed is u on the path; at its end the target has no part in it, not even an infinite one.
func (e *evaluator) mixed(target, reference float64) float64 {
	if e.share == 1 {
		return reference
	}
	return float64(e.share*reference) + float64((1-e.share)*target)
}

// SetReference places the Gaussian.
func (e *ensemble) SetReference(mean, scale []float64) error {
	n := e.target.Size()
	for _, x := range []struct {
		name string
		from []float64
		to   []float64
	}{{"center", mean, e.path.mean}, {"scale", scale, e.path.scale}} {
		if len(x.from) != 1 && len(x.from) != n {
			return spec.Errorf(spec.ShapeError, "%s: expected a number or shape (%d,), one for each unconstrained coordinate; got %d numbers", x.name, n, len(x.from)).
				With("argument", x.name)
		}
		for i := range n {
			x.to[i] = x.from[i%len(x.from)]
		}
	}
	for _, s := range e.path.scale {
		if !(s > 0) || math.IsInf(s, 0) {
			return spec.Expected("scale", "numbers above 0", s).With("argument", "scale")
		}
	}
	e.path.stiffen()
	e.path.version++
	return nil
}

// DrawReference draws z from the Gaussian, uniform angles and points of surfaces, or the prior.
func (e *ensemble) DrawReference(walker int, s *rng.Stream) error {
	shape := contract.ShapeOf(e.target)
	for _, b := range shape {
		if b.Discrete() {
			return spec.Errorf(spec.SpecError, "there is no reference distribution on the space %s", b.Kind).With("argument", "space")
		}
	}
	c := e.chains[walker]
	c.at.kT = 0
	if e.path.prior != nil {
		if err := c.eval.before(len(c.at.z)); err != nil {
			return err
		}
		if err := c.eval.prior.Draw(context.Background(), int64(s.Uint64()), c.at.z); err != nil {
			return err
		}
		c.moved()
		return nil
	}
	for i := range c.at.z {
		if e.path.uniform(i) {
			c.at.z[i] = math.Pi * (2*s.Float64() - 1)
			continue
		}
		c.at.z[i] = e.path.mean[i] + float64(e.path.scale[i]*s.Normal())
	}
	if surfaces := manifold.New(shape); surfaces != nil {
		surfaces.Draw(c.at.z, s)
	}
	c.moved()
	return nil
}

// DrawReferenceBatch draws for many; bits are those of each alone.
func (e *ensemble) DrawReferenceBatch(from int, s []rng.Stream) error {
	for ; len(s) > width; from, s = from+width, s[width:] {
		if err := e.DrawReferenceBatch(from, s[:width]); err != nil {
			return err
		}
	}
	b := e.take()
	defer e.give(b)
	prior, err := b.before(e.path)
	if err != nil {
		return err
	}
	if prior == nil || contract.ShapeOf(e.target).Curved() != nil {
		for i := range s {
			if err := e.DrawReference(from+i, &s[i]); err != nil {
				return err
			}
		}
		return nil
	}
	k, n := fitting(len(s)), e.target.Size()
	b.keys = b.keys[:0]
	for i := range widths[k] {
		if i < len(s) {
			b.keys = append(b.keys, int64(s[i].Uint64()))
		} else {
			b.keys = append(b.keys, b.keys[0])
		}
	}
	if err := prior.Propose(context.Background(), b.keys, b.z[:widths[k]*n], b.v[:widths[k]]); err != nil {
		return err
	}
	for i := range s {
		c := e.chains[from+i]
		copy(c.at.z, b.z[i*n:(i+1)*n])
		c.at.kT = 0
		c.moved()
	}
	return nil
}

// LogReference is sum log(scale sqrt(2 pi)), with the volume of angles and surfaces, with respect to the target's measure; 0 for a prior.
func (e *ensemble) LogReference() float64 {
	if e.path.prior != nil {
		return 0
	}
	sum, flat := 0.0, 0
	for i, s := range e.path.scale {
		if !e.path.uniform(i) {
			sum += functions.Log1(s)
			flat++
		}
	}
	if m, ok := e.target.(contract.Normalised); ok {
		sum -= m.LogVolume()
	}
	return sum + e.path.volume + float64(0.5*float64(flat)*logTau)
}

const logTau = 1.8378770664093454835606594728112352797 // log 2 pi

// bias is one on the excess, or on an element of a recorded quantity. Kernels follow the slope of the density without it and accept with it.
type bias struct {
	contract.Bias
	record  contract.Recorder
	meter   contract.Meter // nil: the recorder computes all
	row     []byte         // what it measures
	k, from int            // quantity and element
}

func (e *ensemble) SetBias(walker int, b *contract.Bias) error {
	c := e.chains[walker]
	c.stale = true
	if b == nil {
		c.eval.bias = nil
		return nil
	}
	if _, never := c.kernel.(*langevin); never {
		return spec.Mismatch("MCLMC", "a density without a bias", "one: it rejects nothing, and follows the slope of the density alone").Try("AdjustedMCLMC()")
	}
	own := &bias{Bias: *b, k: -1}
	if b.Observable != contract.Excess {
		name, element := b.Observable, ""
		if i := strings.IndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
			name, element = name[:i], name[i+1:len(name)-1]
		}
		var names []string
		for k, q := range e.target.Quantities() {
			n, _ := array.Count(q.Shape)
			names = append(names, q.Name)
			at, err := strconv.Atoi(element)
			if q.Name == name && q.Dtype == array.Float64 && (element == "" && n == 1 || err == nil && at >= 0 && at < n) {
				own.k, own.from = k, at
			}
		}
		if own.k < 0 {
			slices.Sort(names)
			return spec.Expected("observable", "a number: one of "+strings.Join(names, ", ")+", an element of an array as in x[0]", fmt.Sprintf("%q", b.Observable)).
				With("argument", "observable")
		}
		var err error
		if own.record, err = e.target.Recorder(); err != nil {
			return err
		}
		if own.meter, _ = own.record.(contract.Meter); own.meter != nil {
			n, _ := array.Count(e.target.Quantities()[own.k].Shape)
			own.row = array.Bytes(make([]float64, n))
		}
	}
	c.eval.bias = own
	return nil
}

// weigh takes the bias into u.
func (b *bias) weigh(ctx context.Context, e *evaluator, p *point) error {
	if math.IsInf(p.u, 1) {
		return nil
	}
	switch {
	case b.record == nil:
		u, err := e.reference(ctx, p.z)
		if err != nil {
			return err
		}
		p.x = p.part - u
	case b.meter != nil:
		if err := b.meter.Measure(ctx, e.kT, p.z, b.k, b.row); err != nil {
			return err
		}
		p.x = array.Cast[float64](b.row)[b.from]
	default:
		var rows [][]byte
		var err error
		if r, ok := b.record.(contract.Rescaler); ok {
			rows, err = r.RecordAt(ctx, p.z, e.kT, p.part)
		} else {
			rows, err = b.record.Record(ctx, p.z)
		}
		if err != nil {
			return err
		}
		p.x = array.Cast[float64](rows[b.k])[b.from]
	}
	p.u -= b.LogWeight(p.x)
	if p.u != p.u {
		p.u = math.Inf(1)
	}
	return nil
}

// visit tells the bias where the chain is, after which its weight may be another.
func (c *chain) visit() {
	b := c.eval.bias
	if b == nil || b.Visit == nil {
		return
	}
	before := b.LogWeight(c.at.x)
	b.Visit(c.at.x)
	c.at.u += before - b.LogWeight(c.at.x)
}
