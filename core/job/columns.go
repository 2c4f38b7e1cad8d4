package job

import (
	"fmt"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
)

// columns are the records of a walk: what the ensemble measures itself, and what Python answers.
type columns struct {
	req            *request
	alloc          memory.Allocator
	walkers        int
	own            []column
	python         []*array.Column
	configurations *array.Array   // (walkers, sites...): what Python is asked about
	answers        []*array.Array // (walkers, row...): what it answers
	shown          []result
	ragged         atomic.Int64 // bytes in ragged records, which cannot be planned
}

// column is one observable with its record: dense, or ragged with one record a walker.
type column struct {
	observable contract.Observable
	dense      *array.Column
	ragged     []*array.Ragged
	scalar     bool // float64 rows of one number: looked at for NaN
}

// newColumns plans all records at once, and only then takes their memory.
func newColumns(r *request, ens contract.Ensemble, alloc memory.Allocator) (c *columns, err error) {
	c = &columns{req: r, alloc: alloc, walkers: ens.Size()}
	total := 0
	plan := func(dtype array.Dtype, rows int, row []int, what string) error {
		n, err := array.Count(append([]int{c.walkers, rows}, row...))
		if err == nil {
			n, err = array.Plan(n, dtype.Size(), what)
		}
		if err == nil {
			total, err = planned(total+n, 1, fmt.Sprintf("the record of %d x %d rows", c.walkers, rows))
		}
		return err
	}
	for _, name := range r.observe {
		o, err := ens.Observable(name)
		if err != nil {
			return c, err
		}
		if o.Ragged == nil {
			if err := plan(o.Dtype, int(r.records), o.Shape, "the record of "+name); err != nil {
				return c, err
			}
		}
		c.own = append(c.own, column{observable: o, scalar: o.Dtype == array.Float64 && len(o.Shape) == 0})
	}
	dtype, shape := ens.Layout()
	if err := plan(dtype, 1, shape, "the final configurations of all walkers"); err != nil {
		return c, err
	}
	if len(r.python) > 0 {
		if err := plan(dtype, 1, shape, "the configurations of all walkers"); err != nil {
			return c, err
		}
	}
	for _, p := range r.python {
		if err := plan(array.Dtype(p.Dtype), int(r.records)+1, p.Shape, "the record of "+p.Name); err != nil {
			return c, err
		}
	}
	return c, c.make(dtype, shape)
}

func (c *columns) make(dtype array.Dtype, shape []int) (err error) {
	defer func() {
		if err != nil {
			c.release()
		}
	}()
	for i := range c.own {
		col := &c.own[i]
		if col.observable.Ragged != nil {
			for range c.walkers {
				col.ragged = append(col.ragged, &array.Ragged{Name: col.observable.Name, Dtype: col.observable.Dtype})
			}
			continue
		}
		if col.dense, err = c.add(c.req.observe[i], col.observable.Dtype, col.observable.Shape, col.observable.Dims); err != nil {
			return err
		}
	}
	if len(c.req.python) == 0 {
		return nil
	}
	if c.configurations, err = array.New(c.alloc, dtype, append([]int{c.walkers}, shape...)...); err != nil {
		return err
	}
	c.configurations.Name = "configurations"
	for _, p := range c.req.python {
		col, err := c.add(p.Name, array.Dtype(p.Dtype), p.Shape, nil)
		if err != nil {
			return err
		}
		c.python = append(c.python, col)
		y, err := array.New(c.alloc, array.Dtype(p.Dtype), append([]int{c.walkers}, p.Shape...)...)
		if err != nil {
			return err
		}
		y.Name = p.Name
		c.answers = append(c.answers, y)
	}
	return nil
}

// add makes a dense column and the result that shows it, with its walkers' axis split into temperatures and chains.
func (c *columns) add(name string, dtype array.Dtype, row []int, dims []string) (*array.Column, error) {
	col, err := array.NewColumn(c.alloc, name, dtype, c.walkers, int(c.req.records), row, dims)
	if err != nil {
		return nil, err
	}
	draw := "draw"
	if c.req.verb == "simulate" {
		draw = "time"
	}
	shape, names := c.scanned(append([]int{c.req.chains, int(c.req.records)}, row...), append([]string{"chain", draw}, named(name, row, dims)...))
	c.shown = append(c.shown, result{col.Array, shape, names, "dense"})
	return col, nil
}

// scanned puts the axis of the temperatures before the others, if there is one.
func (c *columns) scanned(shape []int, names []string) ([]int, []string) {
	if !c.req.scan {
		return shape, names
	}
	return append([]int{len(c.req.kT)}, shape...), append([]string{"kT"}, names...)
}

// named gives every dimension of a row a name.
func named(name string, row []int, dims []string) []string {
	dims = append([]string{}, dims...)
	for d := len(dims); d < len(row); d++ {
		dims = append(dims, fmt.Sprintf("%s_dim_%d", name, d))
	}
	return dims[:len(row)]
}

func (c *columns) append(column, walker int, row []byte) {
	c.ragged.Add(int64(len(row)) + 8)
	c.own[column].ragged[walker].Append(row)
}

func (c *columns) checkRagged() error {
	if n := c.ragged.Load(); n > 0 {
		_, err := planned(2*int(n), 1, "the records of varying length")
		return err
	}
	return nil
}

// join lays the ragged records end to end: offsets and values.
func (c *columns) join(j *Job, rows int64) error {
	for i, col := range c.own {
		if col.ragged == nil {
			continue
		}
		offsets, values, err := array.JoinRagged(c.alloc, col.ragged, int(rows))
		if err != nil {
			return err
		}
		offsets.Name, values.Name = c.req.observe[i], c.req.observe[i]
		j.mu.Lock()
		c.shown = append(c.shown, result{offsets, offsets.Shape, []string{"row"}, "offsets"}, result{values, values.Shape, []string{"value"}, "values"})
		j.mu.Unlock()
	}
	return nil
}

// keepFinal adds where the walkers stand at the end, from which a later run can start.
func (c *columns) keepFinal(j *Job, ens contract.Ensemble) error {
	dtype, row := ens.Layout()
	a, err := array.New(c.alloc, dtype, append([]int{c.walkers}, row...)...)
	if err != nil {
		return err
	}
	a.Name = "final"
	width := len(a.Data) / c.walkers
	for w := range c.walkers {
		ens.Configuration(w, a.Data[w*width:(w+1)*width])
	}
	shape, names := c.scanned(append([]int{c.req.chains}, row...), append([]string{"chain"}, named(a.Name, row, nil)...))
	j.mu.Lock()
	c.shown = append(c.shown, result{a, shape, names, "final"})
	j.mu.Unlock()
	return nil
}

func (c *columns) count() int { return len(c.own) + len(c.python) }

func (c *columns) names() []string {
	names := slices.Clone(c.req.observe)
	for _, p := range c.req.python {
		names = append(names, p.Name)
	}
	return names
}

// served are the addresses that the caller reads and writes in a rendezvous.
func (c *columns) served() *Served {
	s := &Served{Walkers: c.walkers, Configurations: lent(c.configurations)}
	for _, y := range c.answers {
		s.Answers = append(s.Answers, lent(y))
	}
	return s
}

func lent(a *array.Array) Buffer {
	b := Buffer{Name: a.Name, Dtype: a.Dtype, Shape: a.Shape}
	if len(a.Data) > 0 {
		b.Address = uintptr(unsafe.Pointer(&a.Data[0]))
	}
	return b
}

func (c *columns) release() {
	for _, r := range c.shown {
		r.data.Release()
	}
	c.shown = nil
	c.configurations.Release()
	for _, y := range c.answers {
		y.Release()
	}
	c.answers = nil
}
