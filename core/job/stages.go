package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// stages is the runner of work that is found as a whole, stage by stage: kT x chains populations of draws particles.
type stages struct {
	shelf
	req     *request
	work    contract.Staged
	saver   *saver
	workers int
	over    bool
	done    int64 // finished stages
}

func newStages(r *request, raw []byte, inputs []*array.Array, alloc memory.Allocator, j *Job) (_ *stages, err error) {
	if err = r.planWalkers(); err != nil {
		return nil, err
	}
	if len(r.python) > 0 {
		return nil, spec.Expected("observe", "names of quantities for a method that finds populations", "a function of batches").With("argument", "observe")
	}
	s := &stages{shelf: shelf{alloc: alloc}, req: r, workers: r.threads}
	if s.workers == 0 {
		s.workers = par.Threads()
	}
	defer func() {
		if err != nil && s.saver != nil {
			s.saver.close()
		}
	}()
	if r.saving != nil {
		if s.saver, err = newSaver(r, raw, inputs); err != nil {
			return nil, err
		}
	}
	if err = r.drawSeed(); err != nil {
		return nil, err
	}
	if s.work, err = r.entry.Stages(r.system, r.method, r.order()); err != nil {
		return nil, err
	}
	if s.saver != nil && s.saver.resume != nil {
		if err = s.restore(j); err != nil {
			return nil, err
		}
	}
	j.note("seed", fmt.Sprint(r.seed.value))
	j.note("threads", s.workers)
	s.tell(j)
	return s, nil
}

func (s *stages) tell(j *Job) {
	done, total, unit := s.work.Progress()
	j.report(Progress{Done: done, Total: total, Unit: unit, Phase: "sampling"})
}

func (s *stages) run(j *Job) error {
	if s.saver != nil {
		defer s.saver.close()
	}
	err := s.advance(j)
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if e := s.report(); err == nil {
		err = e
	}
	for name, x := range s.work.Info() {
		s.kernel(name, x)
	}
	if s.saver != nil {
		if e := s.save(j); err == nil {
			err = e
		}
	}
	return err
}

func (s *stages) kernel(name string, x []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notes == nil {
		s.notes = map[string]any{}
	}
	k, _ := s.notes["kernel"].(map[string][]float64)
	if k == nil {
		k = map[string][]float64{}
		s.notes["kernel"] = k
	}
	k[name] = x
}

// advance makes stages until the last, or until something stops them.
func (s *stages) advance(j *Job) (err error) {
	defer par.Guard(&err)
	for !s.over {
		lap, err := j.sync()
		if err != nil {
			return err
		}
		if s.saver != nil && s.saver.due() {
			if err := s.save(j); err != nil {
				return err
			}
		}
		done, err := s.stage(lap)
		if stopped(lap, err) {
			continue
		}
		if err != nil {
			return err
		}
		s.over, s.done = done, s.done+1
		s.tell(j)
	}
	return nil
}

// stage makes one. Where the caller evaluates the target a cancellation may end it in the midst of an evaluation: then it is taken back.
func (s *stages) stage(lap context.Context) (done bool, err error) {
	if _, remote := s.req.system.(contract.Attended); !remote {
		return s.work.Stage(lap, s.workers)
	}
	err = attempt(s.work, func() (err error) {
		done, err = s.work.Stage(lap, s.workers)
		return err
	})
	return done, err
}

func (s *stages) report() (err error) {
	defer par.Guard(&err)
	return s.work.Report(s)
}

// Add keeps values of shape (populations, shape...).
func (s *stages) Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error {
	full := append([]int{len(s.req.kT), s.req.chains}, shape...)
	dims = append([]string{"kT", "chain"}, named(name, shape, dims)...)
	if !s.req.scan {
		return s.keep(name, dtype, full, full[1:], dims[1:], data)
	}
	return s.keep(name, dtype, full, full, dims, data)
}

// Progress is that of the work.
func (s *stages) Progress(float64, float64, string) {}

func (s *stages) pausable() bool { return true }
func (s *stages) saves() bool    { return s.saver != nil }

// filled is the number of draws, which come all at once.
func (s *stages) filled() int64 { return s.req.records }

// save writes a checkpoint: stages, over, and the work's own state.
func (s *stages) save(j *Job) error {
	err := s.saver.write(func(w io.Writer) error {
		var own bytes.Buffer
		if err := s.work.Save(&own); err != nil {
			return err
		}
		return saved.Put(w, s.done, s.over, int64(own.Len()), own.Bytes())
	})
	if err == nil {
		j.event(Event{"checkpoint", fmt.Sprintf("checkpoint after %d stages", s.done), map[string]any{"path": s.saver.path, "filled": s.done, "seconds": s.saver.cost.Seconds()}})
	}
	return err
}

func (s *stages) restore(j *Job) error {
	err := s.read()
	if err != nil {
		return s.saver.fault("it is damaged: %s", spec.Of(err).Message).Try("again after deleting the file; the run starts anew")
	}
	j.note("resumed", map[string]any{"path": s.saver.path, "filled": s.done})
	j.event(Event{"resumed", fmt.Sprintf("continues %s after %d stages", s.saver.path, s.done), map[string]any{"path": s.saver.path, "filled": s.done}})
	return nil
}

func (s *stages) read() error {
	r, left, err := limited(s.saver.resume)
	if err != nil {
		return err
	}
	var length int64
	if err := saved.Get(r, &s.done, &s.over, &length); err != nil || length < 0 || length > left {
		return errShort
	}
	own := make([]byte, length)
	if _, err := io.ReadFull(r, own); err != nil {
		return errShort
	}
	return s.work.Load(bytes.NewReader(own))
}
