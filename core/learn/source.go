package learn

import (
	"context"
	"io"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Source is an ensemble that moves beside the training: row r of every batch is a configuration of walker r. Batch n has what stands Sweeps sweeps
// after batch n-1, or one of the last Buffer of them, drawn for each row: it is at most Buffer - 1 steps old. While a step is made the walkers move on
// to the next batch; they do not know the model, so that nothing depends on who is faster.
type Source struct {
	Ensemble contract.Ensemble
	Warmup   int64
	Sweeps   int64
	Every    float64 // of an ensemble with a clock: the time that counts as a sweep
	Buffer   int
	Key      rng.Key

	made    int64 // batches that were made
	given   int64 // batches that were handed out; the last one stands in batch
	batch   *array.Array
	slots   [][]byte
	scratch [][]byte
	dtype   array.Dtype // of the batch
	layout  array.Dtype // of the ensemble
	row     int         // bytes of a row of the batch
	draw    rng.Stream
	coming  chan error // of the batch that is being made; nil: none
	stop    context.CancelFunc
	within  context.Context
}

// fit takes the place where batches are written.
func (s *Source) fit(batch *array.Array) error {
	dtype, shape := s.Ensemble.Layout()
	want := append([]int{s.Ensemble.Size()}, shape...)
	if s.Every > 0 && len(shape) == 1 && shape[0]*want[0] == 2*batch.Len() { // the places come first, then velocities
		want[1] /= 2
	}
	if !slices.Equal(batch.Shape, want) || converter(dtype, batch.Dtype) == nil {
		return spec.Expected("learn.source", "a batch of "+string(batch.Dtype), dtype)
	}
	s.dtype, s.layout, s.batch = batch.Dtype, dtype, batch
	s.row = len(batch.Data) / want[0]
	for range s.Buffer {
		s.slots = append(s.slots, make([]byte, len(batch.Data)))
	}
	n := dtype.Size()
	for _, d := range shape {
		n *= d
	}
	for range want[0] {
		s.scratch = append(s.scratch, array.Bytes(make([]float64, (n+7)/8))[:n])
	}
	s.within, s.stop = context.WithCancel(context.Background())
	return nil
}

// next makes batch number made.
func (s *Source) next() error {
	convert := converter(s.layout, s.dtype)
	slot := s.slots[s.made%int64(s.Buffer)]
	err := par.Do(s.within, par.Threads(), s.Ensemble.Size(), func(w int) error {
		if s.made == 0 {
			if err := s.move(w, s.Warmup); err != nil {
				return err
			}
			s.Ensemble.Warm(w)
		}
		if err := s.move(w, s.Warmup+(s.made+1)*s.Sweeps); err != nil {
			return err
		}
		s.Ensemble.Configuration(w, s.scratch[w])
		row := slot[w*s.row : (w+1)*s.row]
		convert(row, s.scratch[w][:len(row)/s.dtype.Size()*s.layout.Size()])
		return nil
	})
	if err == nil {
		s.made++
	}
	return err
}

func (s *Source) move(w int, sweeps int64) error {
	return contract.Advance(s.within, s.Ensemble, w, sweeps, s.Every, nil)
}

// begin makes the next batch on a goroutine of its own.
func (s *Source) begin() {
	done := make(chan error, 1)
	s.coming = done
	par.Go(func() (err error) {
		defer func() { done <- err }()
		defer par.Guard(&err)
		return s.next()
	})
}

// settle waits for the batch that is being made.
func (s *Source) settle(ctx context.Context) error {
	if s.coming == nil {
		return nil
	}
	select {
	case err := <-s.coming:
		s.coming = nil
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fill writes batch k, counted from 0, and lets the walkers move on. It stays for a step that is made again.
func (s *Source) fill(ctx context.Context, k int64) error {
	if s.given > k {
		return nil
	}
	for {
		if err := s.settle(ctx); err != nil {
			return err
		}
		if s.made > k {
			break
		}
		s.begin()
	}
	if s.Buffer == 1 {
		copy(s.batch.Data, s.slots[0])
	} else {
		have := min(int(k+1), s.Buffer)
		s.draw.Reset(s.Key, uint64(k))
		for w := range s.Ensemble.Size() {
			copy(s.batch.Data[w*s.row:(w+1)*s.row], s.slots[s.draw.Below(have)][w*s.row:])
		}
	}
	s.given = k + 1
	s.begin()
	return nil
}

// close ends what is under way.
func (s *Source) close() {
	if s.stop != nil {
		s.stop()
		_ = s.settle(context.Background())
	}
}

func (s *Source) save(w io.Writer) error {
	if err := s.settle(context.Background()); err != nil {
		return err
	}
	if err := saved.Put(w, s.made, s.given, s.batch.Data); err != nil {
		return err
	}
	for _, slot := range s.slots {
		if _, err := w.Write(slot); err != nil {
			return err
		}
	}
	return s.Ensemble.Save(w)
}

func (s *Source) load(r io.Reader) error {
	if err := saved.Get(r, &s.made, &s.given, s.batch.Data); err != nil {
		return err
	}
	for _, slot := range s.slots {
		if _, err := io.ReadFull(r, slot); err != nil {
			return spec.Errorf(spec.CheckpointError, "the saved state ends early")
		}
	}
	return s.Ensemble.Load(r)
}

// converter writes elements of one dtype as another, nil where that is not for a source.
func converter(from, to array.Dtype) func(dst, src []byte) {
	if from == to {
		return func(dst, src []byte) { copy(dst, src) }
	}
	switch from {
	case array.Int8:
		return converting[int8](to)
	case array.Uint8:
		return converting[uint8](to)
	case array.Int32:
		return converting[int32](to)
	case array.Float64:
		if to == array.Float32 {
			return converting[float64](to)
		}
	}
	return nil
}

func converting[T int8 | uint8 | int32 | float64](to array.Dtype) func(dst, src []byte) {
	switch to {
	case array.Float64:
		return each[T, float64]
	case array.Float32:
		return each[T, float32]
	case array.Int32:
		return each[T, int32]
	}
	return nil
}

func each[T int8 | uint8 | int32 | float64, U float64 | float32 | int32](dst, src []byte) {
	y := array.Cast[U](dst)
	for k, x := range array.Cast[T](src) {
		y[k] = U(x)
	}
}
