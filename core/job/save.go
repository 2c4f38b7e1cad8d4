package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// save writes a checkpoint; no walker moves meanwhile.
//
//	payload: walkers, records int64; per walker tick, goal, rows int64, warm uint8; length int64 and bytes of the ensemble's own state;
//	         per column, per walker: its rows, or for a ragged one rows lengths int64, total int64 and the values
func (k *walk) save(j *Job) error {
	if err := k.saver.write(k.write); err != nil {
		return err
	}
	rows := k.filled()
	j.event(Event{"checkpoint", fmt.Sprintf("checkpoint at %d records", rows),
		map[string]any{"path": k.saver.path, "filled": rows, "seconds": k.saver.cost.Seconds()}})
	return nil
}

func (k *walk) write(w io.Writer) error {
	if err := saved.Put(w, int64(len(k.state)), k.req.records); err != nil {
		return err
	}
	for i := range k.state {
		s := &k.state[i]
		if err := saved.Put(w, s.tick, s.goal, s.rows.Load(), s.warm); err != nil {
			return err
		}
	}
	var own bytes.Buffer
	if err := k.ens.Save(&own); err != nil {
		return err
	}
	if err := saved.Put(w, int64(own.Len()), own.Bytes()); err != nil {
		return err
	}
	for _, col := range k.columns.own {
		for i := range k.state {
			rows := int(k.state[i].rows.Load())
			if col.ragged != nil {
				if err := k.writeRagged(w, col.ragged[i], rows); err != nil {
					return err
				}
			} else if err := writeRows(w, col.dense, i, rows); err != nil {
				return err
			}
		}
	}
	for _, col := range k.columns.python {
		for i := range k.state {
			if err := writeRows(w, col, i, int(k.state[i].rows.Load())); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeRows(w io.Writer, col *array.Column, walker, rows int) error {
	_, err := w.Write(prefix(col, walker, rows))
	return err
}

// prefix is the memory of the first rows records of a walker.
func prefix(col *array.Column, walker, rows int) []byte {
	if rows == 0 || len(col.Row(walker, 0)) == 0 {
		return nil
	}
	first := col.Row(walker, 0)
	return unsafe.Slice(&first[0], rows*len(first))
}

func (k *walk) writeRagged(w io.Writer, r *array.Ragged, rows int) error {
	offsets, values, err := array.JoinRagged(k.columns.alloc, []*array.Ragged{r}, rows)
	if err != nil {
		return err
	}
	defer offsets.Release()
	defer values.Release()
	return saved.Put(w, r.Lengths[:rows], int64(len(values.Data)), values.Data)
}

// restore takes up a run where the checkpoint left it.
func (k *walk) restore(j *Job) (err error) {
	r, left, err := limited(k.saver.resume)
	if err == nil {
		err = k.read(r, left)
	}
	if err != nil {
		e := spec.Of(err)
		if e.Class == spec.MemoryError {
			return e
		}
		return k.saver.fault("it is damaged: %s", e.Message).Try("again after deleting the file; the run starts anew")
	}
	p := k.progress()
	k.from = p.Done
	k.warmed = p.Phase != "warm-up"
	k.recount()
	rows := k.filled()
	k.finished = rows == k.req.records
	j.note("resumed", map[string]any{"path": k.saver.path, "filled": rows})
	j.event(Event{"resumed", fmt.Sprintf("continues %s at record %d of %d", k.saver.path, rows, k.req.records), map[string]any{"path": k.saver.path, "filled": rows}})
	return nil
}

var errShort = errors.New("it ends early or holds other numbers than it should")

func (k *walk) read(r io.Reader, left int64) error {
	var walkers, records, length int64
	if err := saved.Get(r, &walkers, &records); err != nil || walkers != int64(len(k.state)) || records != k.req.records {
		return errShort
	}
	for i := range k.state {
		s := &k.state[i]
		var rows int64
		if err := saved.Get(r, &s.tick, &s.goal, &rows, &s.warm); err != nil || !k.req.stands(s, rows) {
			return errShort
		}
		s.rows.Store(rows)
	}
	if err := saved.Get(r, &length); err != nil || length < 0 || length > left {
		return errShort
	}
	own := io.LimitReader(r, length)
	if err := k.ens.Load(own); err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, own); err != nil || n > 0 {
		return errShort
	}
	for c, col := range k.columns.own {
		for i := range k.state {
			rows := int(k.state[i].rows.Load())
			if col.ragged != nil {
				if err := k.readRagged(r, c, i, rows, left); err != nil {
					return err
				}
			} else if _, err := io.ReadFull(r, prefix(col.dense, i, rows)); err != nil {
				return errShort
			}
		}
	}
	for _, col := range k.columns.python {
		for i := range k.state {
			if _, err := io.ReadFull(r, prefix(col, i, int(k.state[i].rows.Load()))); err != nil {
				return errShort
			}
		}
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != io.EOF {
		return errShort
	}
	return nil
}

// stands tells whether a walker can stand where a file says: its last record behind it, its next one ahead.
func (r *request) stands(s *walker, rows int64) bool {
	if rows < 0 || rows > r.records || s.tick < 0 || s.tick > r.last() || s.goal < 0 || s.goal > r.last() {
		return false
	}
	if s.warm != (s.tick >= r.warmup) && (s.warm || s.tick > 0) {
		return false
	}
	if rows > 0 && s.tick < r.first+(rows-1)*r.stride {
		return false
	}
	next := r.first + rows*r.stride
	return rows == r.records || (s.tick <= next && s.goal <= next)
}

func (k *walk) readRagged(r io.Reader, column, walker, rows int, left int64) error {
	col := k.columns.own[column].ragged[walker]
	lengths, total := make([]int64, rows), int64(0)
	if err := saved.Get(r, lengths, &total); err != nil || total < 0 || total > left {
		return errShort
	}
	size := int64(col.Dtype.Size())
	for _, n := range lengths {
		if n < 0 || n > total/size {
			return errShort
		}
		row := make([]byte, n*size)
		if _, err := io.ReadFull(r, row); err != nil {
			return errShort
		}
		total -= n * size
		k.columns.append(column, walker, row)
	}
	if total != 0 {
		return errShort
	}
	return nil
}

// recount finds the non-finite records that a checkpoint brought.
func (k *walk) recount() {
	count := func(c int, col *array.Column) {
		for i := range k.state {
			for row := range int(k.state[i].rows.Load()) {
				if !finite(col.Dtype, col.Row(i, row)) {
					k.state[i].trouble(c, int64(row), k.columns.count())
					k.troubled.Store(true)
				}
			}
		}
	}
	for c, col := range k.columns.own {
		if col.scalar {
			count(c, col.dense)
		}
	}
	for c, col := range k.columns.python {
		count(len(k.columns.own)+c, col)
	}
}
