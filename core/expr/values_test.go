package expr

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/stretchr/testify/require"
)

func fixture(t testing.TB, name string, dst any) {
	raw, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, dst))
}

func numbersOf(w []wireNumber) []complex128 {
	out := make([]complex128, len(w))
	for i, x := range w {
		out[i] = x.c
	}
	return out
}

// loose are the functions whose tolerance is 1e-13 or 4 eps times the condition number; the others are within 2 ulp (complex: 8 eps).
var loose = map[string]bool{"erf": true, "erfc": true, "erfinv": true, "lgamma": true, "digamma": true, "polygamma": true, "expit": true, "log_expit": true,
	"ndtr": true, "ndtri": true, "log_ndtr": true, "i0e": true, "i1e": true, "j0": true, "j1": true, "zeta": true, "gammainc": true, "gammaincc": true, "exp1": true, "expi": true, "lambertw": true, "jv": true, "yv": true,
	"ive": true, "kve": true, "betainc": true, "logaddexp": true, "tan": true, "mod": true}

// Every elementary operation against mpmath; catches a wrong function, exchanged operands, and lost digits.
func TestElementaryValues(t *testing.T) {
	rows := map[string][]struct {
		in   []wireNumber
		want wireNumber
	}{}
	var raw map[string][][2]json.RawMessage
	fixture(t, "elementary.json", &raw)
	for name, list := range raw {
		for _, pair := range list {
			var row struct {
				in   []wireNumber
				want wireNumber
			}
			require.NoError(t, json.Unmarshal(pair[0], &row.in))
			require.NoError(t, json.Unmarshal(pair[1], &row.want))
			rows[name] = append(rows[name], row)
		}
	}
	attrs := map[string]*Attrs{"polygamma": {N: 2}, "integer_pow": {N: -3}}
	for name, list := range rows {
		op, ok := OpByName(name)
		require.True(t, ok, name)
		for _, row := range list {
			in, want := numbersOf(row.in), row.want.c
			d := array.Float64
			for _, x := range in {
				if imag(x) != 0 {
					d = array.Complex128
				}
			}
			f := func(in []complex128) complex128 {
				p := program(full32T(len(in), Type{Dtype: d}), func(b *Builder, x []ID) []ID { return []ID{b.emit(op, attrs[name], x...)} })
				args := make([][]complex128, len(in))
				for i, x := range in {
					args[i] = []complex128{x}
				}
				return eval(t, p, args...)[0][0]
			}
			got := f(in)
			if got == want {
				continue
			}
			tol := 2 * 0x1p-52 * special.Cabs(want)
			if d == array.Complex128 {
				tol *= 4
			}
			if loose[name] {
				tol = 1e-13 * special.Cabs(want)
				for i := range in {
					moved := append([]complex128{}, in...)
					moved[i] *= 1 + 1e-8
					tol = max(tol, 4*0x1p-52*special.Cabs(f(moved)-got)/1e-8)
				}
			}
			if err := special.Cabs(got - want); !(err <= tol) {
				t.Errorf("%s(%v) = %v, want %v: off by %.3g, allowed %.3g (%.1f ulp)", name, in, got, want, err, tol, err/(special.Cabs(want)*0x1p-52))
			}
		}
	}
}

func full32T(n int, t Type) []Type {
	out := make([]Type, n)
	for i := range out {
		t.Shape = []int{}
		out[i] = t
	}
	return out
}

// Operations on arrays against NumPy and SciPy: programs in wire form, dtypes and shapes of results included.
func TestArrayValues(t *testing.T) {
	var cases []struct {
		Name    string
		Program json.RawMessage
		Inputs  [][]wireNumber
		Outputs []struct {
			Dtype Dtype
			Shape []int
			Data  []wireNumber
		}
	}
	fixture(t, "arrays.json", &cases)
	for k, c := range cases {
		p, err := Decode(c.Program)
		require.NoError(t, err, "%d %s", k, c.Name)
		in := make([][]complex128, len(c.Inputs))
		for i, x := range c.Inputs {
			in[i] = numbersOf(x)
		}
		out := eval(t, p, in...)
		for i, want := range c.Outputs {
			require.Equal(t, Type{want.Dtype, append([]int{}, want.Shape...)}, Type{p.OutputTypes()[i].Dtype, append([]int{}, p.OutputTypes()[i].Shape...)}, "%d %s", k, c.Name)
			near(t, numbersOf(want.Data), out[i], 1e-14, k, c.Name, i)
			for j, x := range want.Data { // signs of zero
				if imag(x.c) == 0 && real(x.c) == 0 && p.OutputTypes()[i].Dtype == array.Float64 {
					if math.Signbit(real(x.c)) != math.Signbit(real(out[i][j])) && special0[c.Name] {
						t.Errorf("%d %s: sign of zero at %d", k, c.Name, j)
					}
				}
			}
		}
	}
}

// special0 are the operations whose signed zeros are compared.
var special0 = map[string]bool{"pow": true, "mod": true, "fmod": true, "floor_divide": true, "atan2": true, "copysign": true, "div": true, "sqrt": true, "floor": true, "round": true, "abs": true, "sign": true, "sin": true, "tanh": true, "atan": true, "expm1": true, "log1p": true}
