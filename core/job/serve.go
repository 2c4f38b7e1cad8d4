package job

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
)

// serve records row: the ensemble's own quantities, and what Python answers about the configurations of all walkers.
func (k *walk) serve(j *Job, row int64) error {
	c := k.columns
	width := len(c.configurations.Data) / c.walkers
	err := par.Do(j.ctx, k.workers, c.walkers, func(w int) error {
		k.record(w, row)
		k.ens.Configuration(w, c.configurations.Data[w*width:(w+1)*width])
		return nil
	})
	if err != nil {
		return err
	}
	if err := j.ask(); err != nil {
		return err
	}
	for i, col := range c.python {
		y := c.answers[i]
		width := len(y.Data) / c.walkers
		for w := range c.walkers {
			answer := y.Data[w*width : (w+1)*width]
			copy(col.Row(w, int(row)), answer)
			if !finite(y.Dtype, answer) {
				k.state[w].trouble(len(c.own)+i, row, c.count())
				k.troubled.Store(true)
			}
		}
	}
	for w := range k.state {
		k.state[w].rows.Store(row + 1)
	}
	k.tell(j)
	return nil
}

func finite(dtype array.Dtype, row []byte) bool {
	switch dtype {
	case array.Float64, array.Complex128:
		for _, x := range array.Cast[float64](row) {
			if x-x != 0 {
				return false
			}
		}
	case array.Float32, array.Complex64:
		for _, x := range array.Cast[float32](row) {
			if x-x != 0 {
				return false
			}
		}
	}
	return true
}
