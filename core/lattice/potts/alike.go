package potts

import (
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Where V(a, b) is one number for values that are alike and a lower one for others, a site's distribution is that without neighbours, and beside it as much again
// for the values that neighbours have as makes up for them: with f_j = exp(J_j height / kT) >= 1 of neighbour j, and p_j the product of those before it with its value,
//
//	P(a) ~ own(a) prod_(j: s_j = a) f_j = own(a) + sum_(j: s_j = a) own(a) p_j (f_j - 1).
//
// So it is drawn among the neighbours and none of them, which costs as many numbers as there are neighbours, however many values there are.
type alike struct {
	gain []float64 // f - 1 by coupling
	own  []float64 // running sums; nil where all are 1
	all  float64   // the last of them
}

const (
	mostAlike = 32  // neighbours
	steep     = 500 // most of a site's energies over kT
)

// heights are V(a, b) = level + height where a = b, level elsewhere.
func (m *spins) heights() (level, height float64, ok bool) {
	level, height = m.pair[1], m.pair[0]-m.pair[1]
	for a := range m.q {
		for b := range m.q {
			if want := m.pair[min(1, max(a-b, b-a))]; m.pair[a*m.q+b] != want {
				return 0, 0, false
			}
		}
	}
	return level, height, true
}

// fits tells whether it can be: no neighbour repels, and none has too many.
func (k *bath) fits() bool {
	for i := range k.graph.Sites {
		k.degree = max(k.degree, k.graph.Degree(i))
	}
	_, height, ok := k.heights()
	k.height = height
	for _, J := range k.couplings {
		ok = ok && float64(J*height) >= 0
	}
	return ok && k.degree <= mostAlike
}

// newAlike is nil where another way is needed.
func (k *bath) newAlike(kT float64, own []float64) *alike {
	if !k.likes || k.step != nil {
		return nil
	}
	d := &alike{all: float64(k.q)}
	for _, J := range k.couplings {
		x := float64(J*k.height) / kT
		if !(float64(x*float64(k.degree)) <= steep) {
			return nil
		}
		d.gain = append(d.gain, functions.Expm11(x))
	}
	if own != nil {
		d.all = 0
		for _, w := range own {
			d.all += w
			d.own = append(d.own, d.all)
		}
	}
	return d
}

// visitAlike draws the sites given.
func (k *heatBath) visitAlike(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	d, own, start, to := k.d.alike, k.d.own, k.graph.Start, k.graph.To
	var sums [mostAlike + 1]float64
	var weight [256]float64 // own(a) p
	for a := range weight[:k.q] {
		if weight[a] = 1; own != nil {
			weight[a] = own[a]
		}
	}
	for _, i := range sites {
		near, sum := to[start[i]:start[i+1]], 0.0
		for n, j := range near {
			gain := d.gain[0]
			if k.class != nil {
				gain = d.gain[k.class[int(start[i])+n]]
			}
			w := &weight[s[j]]
			more := float64(*w * gain)
			*w += more
			sum += more
			sums[n] = sum
		}
		for _, j := range near {
			if weight[s[j]] = 1; own != nil {
				weight[s[j]] = own[s[j]]
			}
		}
		sums[len(near)] = sum + d.all
		now := uint8(0)
		switch at := u.Pick(sums[:len(near)+1]); {
		case at < len(near):
			now = s[near[at]]
		case d.own == nil:
			now = uint8(u.Below(k.q))
		default:
			now = uint8(u.Pick(d.own))
		}
		if s[i] != now {
			s[i] = now
			changed++
		}
	}
	return changed
}
