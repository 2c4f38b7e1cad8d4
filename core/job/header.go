package job

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// header says whose checkpoint a file is: the version that wrote it and the request, without what no result depends on (threads, checkpoint,
// scan, version) and with the inputs as digests.
type header struct {
	Version string         `json:"version"`
	Request map[string]any `json:"request"`
}

func newHeader(raw []byte, inputs []*array.Array) (header, error) {
	h := header{Version: Version}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&h.Request); err != nil {
		return h, err
	}
	for _, key := range []string{"threads", "checkpoint", "scan", "version"} {
		delete(h.Request, key)
	}
	for k, a := range inputs {
		sum := sha256.Sum256(a.Data)
		h.Request[fmt.Sprintf("input %d", k)] = fmt.Sprintf("%s%v %s", a.Dtype, a.Shape, hex.EncodeToString(sum[:16]))
	}
	h.Request, _ = canonical(h.Request).(map[string]any)
	return h, nil
}

// canonical writes equal numbers equally: 2.0 and 2e0 as 2, and a scalar kT as a list of one.
func canonical(v any) any {
	switch x := v.(type) {
	case json.Number:
		if f, err := x.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
			return json.Number(fmt.Sprint(int64(f)))
		} else if err == nil {
			b, _ := json.Marshal(f)
			return json.Number(b)
		}
	case []any:
		for i := range x {
			x[i] = canonical(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = canonical(x[k])
		}
		if kT, ok := x["kT"].(json.Number); ok {
			x["kT"] = []any{kT}
		}
	}
	return v
}

func (h header) seed() string {
	s, _ := h.Request["seed"].(string)
	return s
}

func (h header) setSeed(s string) { h.Request["seed"] = s }

// differs names what the file has and this request hasn't, "" where they agree.
func (h header) differs(file header) string {
	if h.Version != file.Version {
		return fmt.Sprintf("it was written by ergodica %s, this is %s", file.Version, h.Version)
	}
	mine, its := map[string]string{}, map[string]string{}
	flatten(mine, "", h.Request)
	flatten(its, "", file.Request)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(mine)) {
		if its[key] != mine[key] {
			if len(its[key])+len(mine[key]) > 300 { // a traced program
				all = append(all, key+": another in the file than in the request")
				continue
			}
			all = append(all, fmt.Sprintf("%s: file %s, request %s", key, orNone(its[key]), mine[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(its)) {
		if _, ok := mine[key]; !ok {
			all = append(all, fmt.Sprintf("%s: file %s, request none", key, its[key]))
		}
	}
	if len(all) > 5 {
		all = append(all[:5], fmt.Sprintf("and %d more", len(all)-5))
	}
	return strings.Join(all, "; ")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func flatten(dst map[string]string, path string, v any) {
	if m, ok := v.(map[string]any); ok && len(m) > 0 {
		for k, x := range m {
			flatten(dst, strings.TrimPrefix(path+"."+k, "."), x)
		}
		return
	}
	b, _ := json.Marshal(v)
	dst[path] = string(b)
}

func (h header) write(w io.Writer) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return saved.Put(w, []byte(magic), uint32(formatNumber), uint32(len(b)), b)
}

// checked reads a whole file against its sum, then its header, and leaves the file behind it.
func checked(f *os.File) (h header, err error) {
	st, err := f.Stat()
	if err != nil {
		return h, err
	}
	if !st.Mode().IsRegular() {
		return h, errors.New("it is not a regular file")
	}
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(f, start); err != nil || string(start) != magic {
		return h, errors.New("it is not a checkpoint")
	}
	sum := crc32.New(castagnoli)
	sum.Write(start)
	if _, err := io.CopyN(sum, f, max(st.Size()-int64(len(magic))-4, 0)); err != nil {
		return h, fmt.Errorf("it cannot be read: %w", err)
	}
	var want uint32
	if err := saved.Get(f, &want); err != nil || want != sum.Sum32() {
		return h, errors.New("it is damaged: the checksum does not match")
	}
	if _, err := f.Seek(int64(len(magic)), io.SeekStart); err != nil {
		return h, err
	}
	var number, length uint32
	if err := saved.Get(f, &number, &length); err != nil || int64(length) > st.Size() {
		return h, errors.New("it is damaged: no header")
	}
	if number != formatNumber {
		return h, fmt.Errorf("its format is number %d, this version reads %d", number, formatNumber)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(f, b); err != nil {
		return h, errors.New("it is damaged: no header")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&h); err != nil || h.Request == nil {
		return h, errors.New("it is damaged: no request in its header")
	}
	return h, nil
}

// limited reads at most what is left of a file before its checksum.
func limited(f *os.File) (*bufio.Reader, int64, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, 0, err
	}
	left := max(st.Size()-at-4, 0)
	return bufio.NewReaderSize(io.LimitReader(f, left), 1<<18), left, nil
}
