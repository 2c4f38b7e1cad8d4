package job

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// saver keeps the checkpoint file of a run: a file beside it is written, synced and renamed over it, so that at every moment the path holds one
// complete checkpoint or none. While the run lives it holds a lock on its file; another run on the same path is refused.
//
//	"ERGODICA" format uint32, length uint32, header JSON, payload, CRC-32C of everything before; little-endian
type saver struct {
	path    string
	seconds time.Duration
	head    header
	resume  *os.File // checked, open after its header; nil where there was no file
	lock    *os.File // the file that the path names
	last    time.Time
	cost    time.Duration // of the last write
}

const (
	magic        = "ERGODICA"
	formatNumber = 1
	costShare    = 40 // a write of d seconds is followed by at least 40 d without one
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newSaver(r *request, raw []byte, inputs []*array.Array) (s *saver, err error) {
	s = &saver{path: r.saving.Path, seconds: time.Duration(r.saving.Seconds * float64(time.Second)), last: time.Now()}
	if r.saving.Seconds > 1e9 {
		s.seconds = 1 << 62
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.head, err = newHeader(raw, inputs); err != nil {
		return nil, err
	}
	folder, err := os.Stat(filepath.Dir(s.path))
	if err != nil || !folder.IsDir() {
		return s, s.fault("there is no folder %s", filepath.Dir(s.path))
	}
	sweepDrafts(s.path)
	if st, err := os.Stat(s.path); err == nil && !st.Mode().IsRegular() { // opening a pipe would block
		return s, s.fault("it is not a regular file")
	}
	f, err := os.Open(s.path)
	if errors.Is(err, os.ErrNotExist) {
		if !r.seed.given { // which the file must know
			if err = r.drawSeed(); err != nil {
				return s, err
			}
			s.head.setSeed(fmt.Sprint(r.seed.value))
		}
		return s, s.probe()
	}
	if err != nil {
		return s, s.fault("%v", err)
	}
	s.lock = f
	if held(f) {
		e := s.fault("another run that is not finished writes this file")
		e.Suggest = "Wait for it, close it, or give another path."
		return s, e
	}
	file, err := checked(f)
	if err != nil {
		return s, s.fault("%v", err).Try("again after deleting the file; the run starts anew")
	}
	if !r.seed.given {
		if err := r.seed.DecodeSpec([]byte(file.seed()), nil, "seed"); err != nil {
			return s, s.fault("its seed is damaged")
		}
		s.head.setSeed(file.seed())
	}
	if diff := s.head.differs(file); diff != "" {
		e := s.fault("it belongs to another request (%s)", diff)
		e.Suggest = "Ask for what it holds, or give another path; delete the file to start anew."
		return s, e
	}
	s.resume = f
	return s, nil
}

func (s *saver) fault(format string, args ...any) *spec.Error {
	return spec.Errorf(spec.CheckpointError, "checkpoint %s: %s", s.path, fmt.Sprintf(format, args...)).With("path", s.path)
}

// probe finds out at the start whether the folder can be written.
func (s *saver) probe() error {
	f, err := s.draft()
	if err != nil {
		return err
	}
	name := f.Name()
	f.Close()
	os.Remove(name)
	return nil
}

var drafts atomic.Int64

func (s *saver) draft() (*os.File, error) {
	name := fmt.Sprintf("%s.part-%d-%d", s.path, os.Getpid(), drafts.Add(1))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, s.fault("%v", err)
	}
	held(f) // until it is closed
	return f, nil
}

// held tells whether another run holds the lock on f, and takes it otherwise. File systems without locks hold nothing.
func held(f *os.File) bool {
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// sweepDrafts removes what killed runs left beside path.
func sweepDrafts(path string) {
	names, _ := filepath.Glob(glob(path) + ".part-*")
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		if st, err := f.Stat(); err == nil && time.Since(st.ModTime()) > 10*time.Second && !held(f) {
			os.Remove(name)
		}
		f.Close()
	}
}

// glob escapes a path for filepath.Glob.
func glob(path string) string {
	var out []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

// due tells whether it is time to write: at most every seconds, and at most 1/40 of the time.
func (s *saver) due() bool { return time.Since(s.last) >= max(s.seconds, costShare*s.cost) }

// write replaces the file by header and payload.
func (s *saver) write(payload func(w io.Writer) error) (err error) {
	begun := time.Now()
	f, err := s.draft()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			f.Close()
			err = s.fault("%v", err)
		}
	}()
	sum := crc32.New(castagnoli)
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<18)
	if err = s.head.write(w); err != nil {
		return err
	}
	if err = payload(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	if err = saved.Put(f, sum.Sum32()); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), s.path); err != nil {
		return err
	}
	if dir, e := os.Open(filepath.Dir(s.path)); e == nil {
		dir.Sync() // the name; not every file system can
		dir.Close()
	}
	unlock(s.lock)
	s.lock = f
	s.last, s.cost = time.Now(), time.Since(begun)
	return nil
}

// close gives the lock back. A forked child may have inherited the file, so closing is not enough.
func (s *saver) close() {
	unlock(s.lock)
	s.lock, s.resume = nil, nil
}

func unlock(f *os.File) {
	if f != nil {
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		f.Close()
	}
}
