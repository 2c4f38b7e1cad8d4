package native

import (
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"

	_ "github.com/go-python/gopy/gopyh" // the generated glue needs it: keeps it in go.mod and in vendor

	"github.com/ergodica/ergodica/bindings/cmem"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/job"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// jobs are the open handles.
var jobs = struct {
	sync.Mutex
	last int64
	open map[int64]*handle
}{open: map[int64]*handle{}}

type handle struct {
	*job.Job
	inputs []*input
}

// guard ends every export: a panic or an error becomes the JSON that Python turns into an exception.
func guard(err *error) {
	if r := recover(); r != nil {
		func() {
			defer par.Guard(err)
			panic(r)
		}()
	}
	if *err != nil {
		*err = errors.New(spec.Wire(*err))
	}
}

func find(id int64) (*handle, error) {
	jobs.Lock()
	defer jobs.Unlock()
	if h := jobs.open[id]; h != nil {
		return h, nil
	}
	return nil, spec.Errorf(spec.ClosedError, "job %d is closed, or never was", id)
}

func milliseconds(ms int64) time.Duration {
	return time.Duration(min(max(ms, 0), 1<<40)) * time.Millisecond
}

// JobOpen checks a request, takes its inputs and memory, and starts it.
func JobOpen(request, inputs string) (id int64, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	in, err := importAll(inputs)
	if err != nil {
		return 0, err
	}
	opened := false
	defer func() {
		if !opened {
			releaseAll(in)
		}
	}()
	arrays := make([]*array.Array, len(in))
	for k := range in {
		arrays[k] = in[k].Array
	}
	j, err := job.Open([]byte(request), arrays, cmem.Allocator{})
	if err != nil {
		return 0, err
	}
	opened = true
	jobs.Lock()
	defer jobs.Unlock()
	jobs.last++
	jobs.open[jobs.last] = &handle{j, in}
	return jobs.last, nil
}

// JobWait gives the status when the job ends, asks or pauses, at the latest after ms.
func JobWait(id, ms int64) (status string, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return "", err
	}
	return h.Wait(milliseconds(ms)).JSON()
}

// JobNext answers a request (0: none) and waits for the next: its number, 0 at the end, -1 when time is over.
func JobNext(id, answered, ms int64) (request int64, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return 0, err
	}
	return h.Next(answered, milliseconds(ms))
}

// JobFail ends a job whose request Python could not evaluate.
func JobFail(id, request int64, message string) (did bool, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return false, err
	}
	return h.Fail(request, message), nil
}

// JobPause stops a job between two chunks.
func JobPause(id int64) (did bool, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return false, err
	}
	return h.Pause(), nil
}

// JobResume lets a paused job go on.
func JobResume(id int64) (did bool, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return false, err
	}
	return h.Resume(), nil
}

// JobCancel ends a job and keeps what it recorded.
func JobCancel(id int64) (did bool, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return false, err
	}
	return h.Cancel(), nil
}

// JobCheckpoint writes the job's checkpoint now.
func JobCheckpoint(id int64) (did bool, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return false, err
	}
	return h.Checkpoint()
}

// JobSnapshot gives the status now, without taking the events.
func JobSnapshot(id int64) (status string, err error) {
	defer guard(&err)
	h, err := find(id)
	if err != nil {
		return "", err
	}
	return h.Snapshot().JSON()
}

// JobLook writes where walkers first, first+step, ... stand now into count configurations at address, and answers whether the job still runs, with
// the dtype and shape of one; count 0 asks for these alone.
func JobLook(id, first, step, count, address int64) (about string, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	h, err := find(id)
	if err != nil {
		return "", err
	}
	dtype, shape, err := h.Layout()
	if err != nil {
		return "", err
	}
	running := true
	if count != 0 {
		n, err := array.Count(append([]int{int(max(count, 0)), dtype.Size()}, shape...))
		if err != nil {
			return "", err
		}
		if address == 0 {
			return "", spec.Expected("address", "that of memory for the configurations", 0)
		}
		at := uintptr(address)
		if running, err = h.Look(unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), n), int(first), int(step)); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"running": running, "dtype": dtype, "shape": append([]int{}, shape...)})
	return string(text), err
}

// JobTake exports result k into two zeroed Arrow C structs.
func JobTake(id, k, cArray, cSchema int64) (did bool, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	h, err := find(id)
	if err != nil {
		return false, err
	}
	if cArray == 0 || cSchema == 0 {
		return false, spec.Expected("array, schema", "addresses of two zeroed structs", 0)
	}
	a, err := h.Take(int(k))
	if err != nil {
		return false, err
	}
	defer a.Release()
	return true, export(a, uintptr(cArray), uintptr(cSchema))
}

// JobClose cancels, waits, and releases inputs and results; false if the job was closed.
func JobClose(id int64) (did bool, err error) {
	defer guard(&err)
	jobs.Lock()
	h := jobs.open[id]
	delete(jobs.open, id)
	known := id > 0 && id <= jobs.last
	jobs.Unlock()
	if h == nil {
		if !known {
			_, err = find(id)
		}
		return false, err
	}
	h.Close()
	releaseAll(h.inputs)
	return true, nil
}

// Configure changes settings and answers those in force.
func Configure(settings string) (inForce string, err error) {
	defer guard(&err)
	return configure(settings)
}

// Info describes the library, the machine and what is open.
func Info() (about string, err error) {
	defer guard(&err)
	return describe()
}
