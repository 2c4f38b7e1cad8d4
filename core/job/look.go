package job

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// Layout is the dtype and shape of a walker's configuration; an error where the job has no walkers that could be looked at (yet).
func (j *Job) Layout() (array.Dtype, []int, error) {
	ens, err := j.walkers()
	if err != nil {
		return "", nil, err
	}
	dtype, shape := ens.Layout()
	return dtype, shape, nil
}

func (j *Job) walkers() (contract.Ensemble, error) {
	r := j.runner
	if l, ok := r.(*late); ok {
		r = l.now()
	}
	if k, ok := r.(*walk); ok {
		return k.ens, nil
	}
	return nil, spec.Mismatch("a look at the configurations", "walkers that are at work", "a job of another kind, or one that has not begun").Try("snapshot(), which has the records")
}

// Look writes where the walkers first, first+step, ... stand now, in the midst of a sweep perhaps, until dst is full. No bit of the run depends on
// it. False when the job has ended.
func (j *Job) Look(dst []byte, first, step int) (bool, error) {
	ens, err := j.walkers()
	if err != nil {
		return false, err
	}
	dtype, shape := ens.Layout()
	n, err := array.Count(shape)
	if err != nil {
		return false, err
	}
	width := max(n*dtype.Size(), 1)
	count := len(dst) / width
	if first < 0 || step < 1 || count < 1 || len(dst)%width != 0 || first+(count-1)*step >= ens.Size() {
		return false, spec.Errorf(spec.ShapeError, "expected room for some of %d configurations of %d bytes, got %d bytes for those from %d in steps of %d", ens.Size(), width, len(dst), first, step)
	}
	reply := make(chan struct{})
	look := func() {
		for k := range count {
			ens.Configuration(first+k*step, dst[k*width:(k+1)*width])
		}
		close(reply)
	}
	select {
	case <-j.ended:
		return false, nil
	case j.calls <- look:
	}
	j.interrupt()
	select {
	case <-reply:
		return true, nil
	case <-j.ended:
		select {
		case <-reply: // both
			return true, nil
		default:
			return false, nil
		}
	}
}
