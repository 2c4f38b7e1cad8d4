package sample

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
)

// wells is sum (z^2 - 1)^2 + z_0 z_1 / 2.
func wells(t testing.TB, n int) contract.Target {
	return target(t, n, func(b *expr.Builder, z expr.ID) expr.ID {
		w := b.Sum(b.Square(b.Sub(b.Square(z), b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 1))), 0)
		pair := b.Mul(b.SliceAxis(z, 0, 0, 1), b.SliceAxis(z, 0, 1, 2))
		return b.Add(w, b.Scale(b.Sum(pair, 0), 0.5))
	})
}

// det is a determinant by elimination.
func det(a []float64, n int) float64 {
	d := 1.0
	for k := range n {
		p := k
		for i := k; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[p*n+k]) {
				p = i
			}
		}
		if p != k {
			d = -d
			for j := range n {
				a[k*n+j], a[p*n+j] = a[p*n+j], a[k*n+j]
			}
		}
		d *= a[k*n+k]
		for i := k + 1; i < n; i++ {
			f := a[i*n+k] / a[k*n+k]
			for j := range n {
				a[i*n+j] -= f * a[k*n+j]
			}
		}
	}
	return d
}

// The generalised leapfrog leads back, keeps volumes in phase space, and has an energy error of second order. Catches a force without the
// derivative of log det G, which keeps the others but not the energy; a midpoint momentum that is not implicit loses volume.
func TestGeneralisedLeapfrog(t *testing.T) {
	const n = 3
	ctx := context.Background()
	c := chains(t, wells(t, n), 1, 0, builders["RiemannianHMC"]).chains[0]
	k := c.kernel.(*riemannian)
	put := func(x []float64) {
		copy(k.now.z, x[:n])
		copy(k.p, x[n:])
		require.NoError(t, c.eval.at(ctx, &k.now.point))
		_, err := k.fill(ctx, c, k.now)
		require.NoError(t, err)
	}
	move := func(count int, e float64) {
		for range count {
			ok, err := k.leap(ctx, c, e)
			require.NoError(t, err)
			require.True(t, ok)
			c.note.steps = 0
		}
	}
	phase := func() []float64 { return append(append([]float64{}, k.now.z...), k.p...) }
	start := []float64{1.2, -0.7, 0.3, 0.5, -1, 0.8}
	var errors []float64
	for _, count := range []int{20, 40} {
		put(start)
		before := k.energy(k.now, k.p)
		e := 0.25 / float64(count)
		move(count, e)
		errors = append(errors, math.Abs(k.energy(k.now, k.p)-before))
		move(count, -e)
		require.InDeltaSlice(t, start, phase(), 1e-8)
	}
	require.InDelta(t, 2, math.Log2(errors[0]/errors[1]), 0.2)
	jacobian := make([]float64, 4*n*n)
	const h = 1e-4
	for j := range 2 * n {
		x := append([]float64{}, start...)
		x[j] += h
		put(x)
		move(1, 0.05)
		up := phase()
		x[j] -= 2 * h
		put(x)
		move(1, 0.05)
		for i, y := range phase() {
			jacobian[i*2*n+j] = (up[i] - y) / (2 * h)
		}
	}
	require.InDelta(t, 1, det(jacobian, 2*n), 1e-6)
}

// A microcanonical step leads back with -p, and the change of u and of the kinetic energy (n-1) log|p| is of third order in a step, of second over a
// trajectory. The volume that it gains in (z, p), of which p is on a sphere, is exp of the kinetic energy: for n = 2 p is an angle and the determinant can
// be differenced. Catches n in place of n - 1, and a kinetic energy of the wrong sign.
func TestMicrocanonicalStep(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{2, 5} {
		c := chains(t, wells(t, n), 1, 0, builders["AdjustedMCLMC"]).chains[0]
		k := c.kernel.(adjusted)
		for i := range k.root {
			k.root[i] = 0.5 + 0.25*float64(i)
		}
		place := func(z0, z1, angle float64) {
			for i := range k.now.z {
				k.now.z[i], k.p[i] = 0.3*float64(i), 0
			}
			k.now.z[0], k.now.z[1] = z0, z1
			k.p[0], k.p[1] = math.Cos(angle), math.Sin(angle)
			k.gained = 0
			require.NoError(t, c.eval.at(ctx, &k.now))
		}
		var errors []float64
		for _, count := range []int{50, 100} {
			place(1.2, -0.7, 2)
			u, z := k.now.u, append([]float64{}, k.now.z...)
			for range count {
				require.NoError(t, k.step(ctx, c, 1/float64(count)))
			}
			errors = append(errors, math.Abs(k.now.u-u+k.gained))
			for i := range k.p {
				k.p[i] = -k.p[i]
			}
			for range count {
				require.NoError(t, k.step(ctx, c, 1/float64(count)))
			}
			require.InDeltaSlice(t, z, k.now.z, 1e-12)
			require.InDelta(t, 0, k.gained, 1e-12)
		}
		require.InDelta(t, 2, math.Log2(errors[0]/errors[1]), 0.2)
		if n > 2 {
			continue
		}
		const h = 1e-5
		jacobian := make([]float64, 9)
		at := []float64{1.2, -0.7, 2}
		end := func() []float64 {
			require.NoError(t, k.step(ctx, c, 0.1))
			return []float64{k.now.z[0], k.now.z[1], math.Atan2(k.p[1], k.p[0])}
		}
		for j := range at {
			x := append([]float64{}, at...)
			x[j] += h
			place(x[0], x[1], x[2])
			up := end()
			x[j] -= 2 * h
			place(x[0], x[1], x[2])
			for i, y := range end() {
				jacobian[i*3+j] = (up[i] - y) / (2 * h)
			}
		}
		place(at[0], at[1], at[2])
		end()
		require.InDelta(t, -k.gained, math.Log(det(jacobian, 3)), 1e-7)
	}
}

// The energy error that MCLMC adapts to is met, and its step is one of a chain that goes on: variances are within some per cent.
func TestLangevinError(t *testing.T) {
	e := chains(t, scaled(t, 20), 1, 1000, builders["MCLMC"])
	sweep(t, e, 1000, 1000)
	c := e.chains[0]
	k := c.kernel.(*langevin)
	sum, count, ratio := 0.0, 0.0, 0.0
	for range 4000 {
		require.NoError(t, c.tick(context.Background()))
		for i, z := range c.at.z {
			ratio += z * z / float64((i+1)*(i+1)) / 80000
		}
	}
	k.now.set(&c.at)
	for range 4000 {
		u := k.now.u
		k.gained = 0
		require.NoError(t, k.step(context.Background(), c, k.steps.Step))
		k.turnTo(&c.stream)
		sum += (k.now.u - u + k.gained) * (k.now.u - u + k.gained)
		count++
	}
	require.InDelta(t, 1, ratio, 0.08)
	require.InDelta(t, 1, sum/count/20/k.error, 0.9) // within a factor
}
