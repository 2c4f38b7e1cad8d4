package straight_test

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"testing"

	"github.com/ergodica/ergodica/core/simd/straight"
	"github.com/ergodica/ergodica/core/simd/twin"
)

// kernels are the functions that package straight writes for vectors: the constant, the scalar function, the one that tells where it holds.
var kernels64 = []straight.Kernel{
	{Name: "Exp", Func: "expPlain", Fast: "expFast"}, {Name: "Expm1", Func: "expm1Plain", Fast: "expFast"}, {Name: "Exp2", Func: "exp2Plain", Fast: "exp2Fast"},
	{Name: "Log", Func: "logPlain", Fast: "normal"}, {Name: "Log1p", Func: "log1pPlain", Fast: "log1pFast"}, {Name: "Log2", Func: "log2Plain", Fast: "normal"},
	{Name: "Log10", Func: "log10Plain", Fast: "normal"}, {Name: "Tanh", Func: "tanhAll"}, {Name: "Sigmoid", Func: "sigmoidPlain", Fast: "expFast"},
	{Name: "Sin", Func: "sinPlain", Fast: "sincosFast"}, {Name: "Cos", Func: "cosPlain", Fast: "sincosFast"}, {Name: "Erf", Func: "erfAll"}, {Name: "Erfc", Func: "erfcPlain", Fast: "erfcFast"},
	{Name: "Tan", Func: "tanPlain", Fast: "tanFast"}, {Name: "Asin", Func: "asinPlain", Fast: "arcFast"}, {Name: "Acos", Func: "acosPlain", Fast: "arcFast"},
	{Name: "Atan", Func: "atanAll", Fast: "anyNumber"}, {Name: "Sinh", Func: "sinhPlain", Fast: "hyperbolicFast"}, {Name: "Cosh", Func: "coshPlain", Fast: "hyperbolicFast"},
	{Name: "Asinh", Func: "asinhPlain", Fast: "asinhFast"}, {Name: "Acosh", Func: "acoshPlain", Fast: "acoshFast"}, {Name: "Atanh", Func: "atanhPlain", Fast: "atanhFast"},
	{Name: "Cbrt", Func: "cbrtPlain", Fast: "cbrtFast"},
	{Name: "Erfinv", Func: "erfinvPlain", Fast: "erfinvFast"}, {Name: "Ndtr", Func: "ndtrPlain", Fast: "ndtrFast"}, {Name: "Ndtri", Func: "ndtriPlain", Fast: "ndtriFast"},
	{Name: "LogNdtr", Func: "logNdtrPlain", Fast: "ndtrFast"}, {Name: "LogSigmoid", Func: "logSigmoidPlain", Fast: "expFast"},
	{Name: "Logaddexp", Func: "logaddexpPlain", Fast: "logaddexpFast", Two: true}, {Name: "Xlogy", Func: "xlogyPlain", Fast: "xlogyFast", Two: true},
	{Name: "Xlog1py", Func: "xlog1pyPlain", Fast: "xlog1pyFast", Two: true},
	{Name: "Sincos", Func: "sincosPlain", Fast: "sincosFast", Pair: true}, {Name: "SincosTurns", Func: "sincosTurnsPlain", Fast: "turnsFast", Pair: true},
	{Name: "Pow", Func: "powPlain", Fast: "powFast", Two: true}, {Name: "PowSigned", Func: "powSigned", Fast: "powSignedFast", Two: true}, {Name: "Atan2", Func: "atan2Plain", Fast: "atan2Fast", Two: true}, {Name: "Hypot", Func: "hypotPlain", Fast: "hypotFast", Two: true},
}

var kernels32 = []straight.Kernel{
	{Name: "Exp", Func: "expPlain32", Fast: "expFast32"}, {Name: "Expm1", Func: "expm1Plain32", Fast: "expFast32"}, {Name: "Exp2", Func: "exp2Plain32", Fast: "exp2Fast32"},
	{Name: "Log", Func: "logPlain32", Fast: "normal32"}, {Name: "Log1p", Func: "log1pPlain32", Fast: "log1pFast32"}, {Name: "Log2", Func: "log2Plain32", Fast: "normal32"},
	{Name: "Log10", Func: "log10Plain32", Fast: "normal32"}, {Name: "Tanh", Func: "tanhAll32"}, {Name: "Sigmoid", Func: "sigmoidPlain32", Fast: "expFast32"},
	{Name: "Sin", Func: "sinPlain32", Fast: "turnFast32"}, {Name: "Cos", Func: "cosPlain32", Fast: "turnFast32"}, {Name: "Tan", Func: "tanPlain32", Fast: "turnFast32"},
	{Name: "Asin", Func: "asinPlain32", Fast: "arcFast32"}, {Name: "Acos", Func: "acosPlain32", Fast: "arcFast32"}, {Name: "Atan", Func: "atanPlain32", Fast: "atanFast32"},
	{Name: "Sinh", Func: "sinhPlain32", Fast: "expFast32"}, {Name: "Cosh", Func: "coshPlain32", Fast: "expFast32"}, {Name: "Cbrt", Func: "cbrtPlain32", Fast: "cbrtFast32"},
	{Name: "Erf", Func: "erfWide", Wide: true}, {Name: "Erfc", Func: "erfcAll32"}, {Name: "Asinh", Func: "asinhWide", Fast: "asinhFast", Wide: true},
	{Name: "Acosh", Func: "acoshWide", Fast: "acoshFast", Wide: true}, {Name: "Atanh", Func: "atanhWide", Fast: "atanhFastWide", Wide: true},
	{Name: "PowSigned", Func: "powSignedWide", Fast: "powSignedFastWide", Wide: true, Two: true}, {Name: "Pow", Func: "powWide", Fast: "powFastWide", Wide: true, Two: true}, {Name: "Hypot", Func: "hypotPlain", Fast: "hypotFast", Wide: true, Two: true},
	{Name: "Erfinv", Func: "erfinvPlain", Fast: "erfinvFast", Wide: true}, {Name: "Ndtr", Func: "ndtrAll32"}, {Name: "Ndtri", Func: "ndtriPlain", Fast: "ndtriFast", Wide: true},
	{Name: "LogNdtr", Func: "logNdtrPlain", Fast: "ndtrFast", Wide: true}, {Name: "LogSigmoid", Func: "logSigmoidPlain", Fast: "expFast", Wide: true},
	{Name: "Logaddexp", Func: "logaddexpPlain", Fast: "logaddexpFast", Two: true, Wide: true}, {Name: "Xlogy", Func: "xlogyPlain", Fast: "xlogyFast", Two: true, Wide: true},
	{Name: "Xlog1py", Func: "xlog1pyPlain", Fast: "xlog1pyFast", Two: true, Wide: true},
	{Name: "Atan2", Func: "atan2Plain32", Fast: "atan2Fast32", Two: true},
}

const folder = "../functions"

// The assembly is what package straight makes of the scalar functions: beside each source one file a level, declarations by element type and
// level, constants by level, and the choice among the kernels.
func TestStraightIsGenerated(t *testing.T) {
	source, err := straight.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	const head = "//go:build goexperiment.simd && amd64\n\n// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.\n\n"
	const goHead = head + "package functions\n\n"
	var constants straight.Constants
	files := map[string]*bytes.Buffer{}
	file := func(name, start string) *bytes.Buffer {
		if files[name] == nil {
			files[name] = bytes.NewBufferString(start)
		}
		return files[name]
	}
	choice := file("kernels_amd64.go", goHead+"import \"github.com/ergodica/ergodica/core/simd\"\n\n")
	for _, width := range []int{64, 32} {
		list, declarations := kernels64, "float64_%d_amd64.go"
		if width == 32 {
			list, declarations = kernels32, "float32_%d_amd64.go"
		}
		for _, form := range []struct {
			name, args string
			two, pair  bool
		}{{"", "dst, x", false, false}, {"x2", "dst, x, y", true, false}, {"pair", "dst, dst2, x", false, true}} {
			if width == 32 && form.pair {
				continue
			}
			fmt.Fprintf(choice, "func kernel%d%s(f function, %s *float%d, groups int) int {\n\tswitch f {\n", width, form.name, form.args, width)
			for _, k := range list {
				if k.Two != form.two || k.Pair != form.pair {
					continue
				}
				constant := k.Name
				k.Width, k.Name = width, fmt.Sprintf("straight%s%dx", k.Name, width)
				for _, level := range []int{512, 256} {
					assembly := file(fmt.Sprintf("%s%d_amd64.s", source.File(k.Func), level), head+"#include \"textflag.h\"\n")
					assembly.WriteString("\n" + source.Write(k, level == 512, &constants))
					fmt.Fprintf(file(fmt.Sprintf(declarations, level), goHead), "//go:noescape\nfunc %s%d(%s *float%d, groups int) (done int)\n\n", k.Name, level, form.args, width)
				}
				fmt.Fprintf(choice, "\tcase f%s:\n\t\tif simd.Current() == simd.AVX512 {\n\t\t\treturn %[2]s512(%[3]s, groups)\n\t\t}\n\t\treturn %[2]s256(%[3]s, groups)\n", constant, k.Name, form.args)
			}
			choice.WriteString("\t}\n\tpanic(\"no kernel\")\n}\n\n")
		}
	}
	numbers := file("constants_amd64.go", goHead)
	fmt.Fprintf(numbers, "// The constants of the kernels.\nvar (\n\tdoubles512 = [%d]uint64{", len(constants.Double))
	for _, c := range constants.Double {
		fmt.Fprintf(numbers, "%#x, ", c)
	}
	fmt.Fprintf(numbers, "}\n\tsingles512 = [%d]uint32{", len(constants.Single))
	for _, c := range constants.Single {
		fmt.Fprintf(numbers, "%#x, ", c)
	}
	numbers.WriteString("}\n)\n")
	for name, b := range files {
		want := b.Bytes()
		if filepath.Ext(name) == ".go" {
			if want, err = format.Source(want); err != nil {
				t.Fatal(err)
			}
		}
		name = filepath.Join(folder, name)
		if twin.Update() {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its source makes it (%v): go test ./core/simd/straight -update", name, err)
		}
	}
}
