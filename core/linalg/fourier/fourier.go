// Package fourier is the discrete Fourier transform
//
//	X_k = s sum_n x_n exp(-2 pi i n k / N)   forward,   x_n = s sum_k X_k exp(+2 pi i n k / N)   inverse,
//
// with a scale s of the caller's, along one axis of an array in C order, of complex numbers ([Complex]) or between reals and the N/2+1 points of their half
// spectra ([FromReal], [ToReal]), in single and double precision, for every length.
//
// # Plans
//
// A length has one plan, made at first use and kept (tables of up to 256 MB). Lengths whose prime factors are at most 13 are split into codelets of up to
// 16 points (decimation in time, each with its factors first); longer ones than 8192 near their square root, so that the parts stay in the caches. A
// larger prime is a cyclic convolution: of n-1 points where that length is smooth (Rader), else of at least 2n-1 (Bluestein). Factors
// exp(-2 pi i k / N) have errors of 0.6 ulp, from exact angles within an eighth of a turn.
//
// # Vectors
//
// As many lines as a register has lanes are transformed at once: a block holds vectors of real and of imaginary parts, so that codelets have no shuffles
// at all. Lines go to blocks and back by transposition in registers, or as they are where the axis is not the last: there the first and last
// codelets take their points from the array and give them to it, if vectors have 512 bits. Lines of doubles in such vectors go so one by one where the
// last radix is 8 or 16, with eight neighbours in the lanes that are turned before the last codelets. A line that is long or alone fills
// the lanes with its own parts (four-step, D. H. Bailey, J. Supercomput. 4, 23 (1990)).
//
// # Bits
//
// The plan depends on the length and precision alone, and all ways to run it do the same operations for each point: a line has the same bits in every batch, at
// every stride, on every SIMD level, for any number of threads. NaNs are the one of math.NaN.
package fourier

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/spec"
)

// Number is the type of spectra.
type Number interface{ complex64 | complex128 }

// Complex transforms src of shape (outer, n, inner) along its middle axis to dst, which may be src. With inverted, the sign is that of the inverse.
func Complex[C Number](w *Workspace, dst, src []C, outer, n, inner int, inverted bool, scale float64) error {
	if err := fits(outer, n, inner, n, n, len(src), len(dst)); err != nil {
		return err
	}
	d := forward
	if inverted {
		d = inverse
	}
	if unsafe.Sizeof(*new(C)) == 16 {
		return begun[float64](w, address(dst), address(src), outer, n, inner, d, scale)
	}
	return begun[float32](w, address(dst), address(src), outer, n, inner, d, scale)
}

// FromReal transforms reals of shape (outer, n, inner) to the first n/2+1 points of their spectra. The memories are apart.
func FromReal[C Number, T Real](w *Workspace, dst []C, src []T, outer, n, inner int, scale float64) error {
	if err := fits(outer, n, inner, n, n/2+1, len(src), len(dst)); err != nil {
		return err
	}
	if unsafe.Sizeof(*new(C)) != 2*unsafe.Sizeof(*new(T)) {
		return spec.Errorf(spec.ShapeError, "expected reals and spectra of one precision, got %T and %T", src, dst)
	}
	return begun[T](w, address(dst), address(src), outer, n, inner, fromReal, scale)
}

// ToReal transforms the first n/2+1 points of spectra to reals of shape (outer, n, inner), with the sign of the inverse; imaginary parts of points 0
// and n/2 do not count. The memories are apart.
func ToReal[T Real, C Number](w *Workspace, dst []T, src []C, outer, n, inner int, scale float64) error {
	if err := fits(outer, n, inner, n/2+1, n, len(src), len(dst)); err != nil {
		return err
	}
	if unsafe.Sizeof(*new(C)) != 2*unsafe.Sizeof(*new(T)) {
		return spec.Errorf(spec.ShapeError, "expected reals and spectra of one precision, got %T and %T", dst, src)
	}
	return begun[T](w, address(dst), address(src), outer, n, inner, toReal, scale)
}

func fits(outer, n, inner, from, to, src, dst int) error {
	if outer < 0 || inner < 0 || n < 1 {
		return spec.Errorf(spec.ShapeError, "expected at least one point along the axis, got shape (%d, %d, %d)", outer, n, inner)
	}
	if src < outer*from*inner || dst < outer*to*inner {
		return spec.Errorf(spec.ShapeError, "expected %d and %d elements, got %d and %d", outer*from*inner, outer*to*inner, src, dst)
	}
	return nil
}

func begun[T Real](w *Workspace, dst, src unsafe.Pointer, outer, n, inner int, d direction, scale float64) error {
	if outer*inner == 0 {
		return nil
	}
	j, all := jobOf[T](w)
	*j = job[T]{plan: planFor[T](n, d == fromReal || d == toReal), direction: d, dst: dst, src: src, outer: outer, inner: inner, scale: T(scale)}
	return transform(w, j, all)
}
