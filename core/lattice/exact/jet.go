package exact

import (
	"math/big"
)

// precision is a number of bits of big.Float arithmetic.
type precision uint

func (p precision) new() *big.Float                { return new(big.Float).SetPrec(uint(p)) }
func (p precision) of(x float64) *big.Float        { return p.new().SetFloat64(x) }
func (p precision) add(a, b *big.Float) *big.Float { return p.new().Add(a, b) }
func (p precision) sub(a, b *big.Float) *big.Float { return p.new().Sub(a, b) }
func (p precision) mul(a, b *big.Float) *big.Float { return p.new().Mul(a, b) }
func (p precision) quo(a, b *big.Float) *big.Float { return p.new().Quo(a, b) }
func (p precision) sqrt(a *big.Float) *big.Float   { return p.new().Sqrt(a) }

// scaled is a 2^k.
func (p precision) scaled(a *big.Float, k int) *big.Float { return p.new().SetMantExp(a, k) }

// exp is exp(x): the series at x / 2^k, squared k times.
func (p precision) exp(x *big.Float) *big.Float {
	k := max(x.MantExp(nil)+16, 0)
	q := p + precision(k) + 32
	y := q.scaled(x, -k)
	sum, term := q.of(1), q.of(1)
	for n := 1; term.Sign() != 0 && term.MantExp(nil) > -int(q); n++ {
		term = q.quo(q.mul(term, y), q.of(float64(n)))
		sum.Add(sum, term)
	}
	for range k {
		sum.Mul(sum, sum)
	}
	return p.new().Set(sum)
}

// pi is Machin's 16 arctan(1/5) - 4 arctan(1/239).
func (p precision) pi() *big.Float {
	q := p + 32
	arctan := func(n float64) *big.Float {
		power := q.quo(q.of(1), q.of(n))
		square := q.of(-n * n)
		sum := q.new().Set(power)
		for k := 3.0; power.MantExp(nil) > -int(q); k += 2 {
			power.Quo(power, square)
			sum.Add(sum, q.quo(power, q.of(k)))
		}
		return sum
	}
	return p.sub(q.scaled(arctan(5), 4), q.scaled(arctan(239), 2))
}

// cosines are cos(pi l / n) for l = 0..n.
func (p precision) cosines(n int) []*big.Float {
	q := p + 64
	x := q.quo(q.pi(), q.of(float64(n)))
	square := q.mul(x, x)
	first, term := q.of(1), q.of(-1)
	for k := 1.0; term.MantExp(nil) > -int(q); k += 2 {
		term = q.quo(q.mul(term, square), q.of(-k*(k+1)))
		first.Sub(first, term)
	}
	out := make([]*big.Float, n+1)
	out[0] = q.of(1)
	if n > 0 {
		out[1] = first
	}
	twice := q.scaled(first, 1)
	for l := 2; l <= n; l++ {
		out[l] = q.sub(q.mul(twice, out[l-1]), out[l-2])
	}
	return out
}

// jet is a function of one variable at a point: its value and first two derivatives.
type jet struct{ f, d, dd *big.Float }

func (p precision) jet(f, d, dd float64) jet { return jet{p.of(f), p.of(d), p.of(dd)} }

func (p precision) plus(a, b jet) jet {
	return jet{p.add(a.f, b.f), p.add(a.d, b.d), p.add(a.dd, b.dd)}
}

func (p precision) shift(a jet, by *big.Float) jet { return jet{p.add(a.f, by), a.d, a.dd} }

func (p precision) double(a jet, k int) jet {
	return jet{p.scaled(a.f, k), p.scaled(a.d, k), p.scaled(a.dd, k)}
}

func (p precision) times(a, b jet) jet {
	cross := p.scaled(p.mul(a.d, b.d), 1)
	return jet{
		p.mul(a.f, b.f),
		p.add(p.mul(a.d, b.f), p.mul(a.f, b.d)),
		p.add(cross, p.add(p.mul(a.dd, b.f), p.mul(a.f, b.dd))),
	}
}

func (p precision) inverse(a jet) jet {
	r := p.quo(p.of(1), a.f)
	r2 := p.mul(r, r)
	d := p.mul(a.d, r2)
	dd := p.sub(p.scaled(p.mul(p.mul(a.d, a.d), r), 1), a.dd)
	return jet{r, d.Neg(d), p.mul(dd, r2)}
}

func (p precision) root(a jet) jet {
	r := p.sqrt(a.f)
	half := p.quo(p.of(0.5), r)
	d := p.mul(a.d, half)
	return jet{r, d, p.mul(p.sub(a.dd, p.scaled(p.mul(d, d), 1)), half)}
}

func (p precision) power(a jet, n int) jet {
	out := p.jet(1, 0, 0)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out = p.times(out, a)
		}
		if n > 1 {
			a = p.times(a, a)
		}
	}
	return out
}

func (p precision) negative(a jet) jet {
	return jet{p.new().Neg(a.f), p.new().Neg(a.d), p.new().Neg(a.dd)}
}
