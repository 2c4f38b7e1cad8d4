package native

import (
	"encoding/json"
	"runtime"
	"strings"

	"github.com/ergodica/ergodica/bindings/cmem"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/job"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// memoryShare of the machine is what jobs may hold where nothing else is said.
const memoryShare = 0.8

func init() {
	array.SetLimit(defaultMemory())
	job.Held = cmem.Held
}

func defaultMemory() int64 { return int64(memoryShare * float64(cmem.Physical())) }

// settings are what Configure understands. threads: 0 is the number of CPUs. simd: "auto", or a level of this CPU. memory: bytes that jobs may
// hold, 0 for no limit, -1 for 0.8 of the machine.
type settings struct {
	Threads int    `spec:"threads" default:"-1" range:"[-1,4096]"`
	SIMD    string `spec:"simd" default:"\"\""`
	Memory  int    `spec:"memory" default:"-2" range:"[-2,9e18]"`
}

func configure(text string) (string, error) {
	var s settings
	if err := spec.Decode([]byte(text), &s, nil); err != nil {
		return "", err
	}
	if s.SIMD != "" {
		level, err := levelOf(s.SIMD)
		if err != nil {
			return "", err
		}
		if err := simd.Use(level); err != nil {
			return "", err
		}
	}
	if s.Threads >= 0 {
		par.SetThreads(s.Threads)
		runtime.GOMAXPROCS(max(runtime.NumCPU(), s.Threads))
	}
	switch {
	case s.Memory == -1:
		array.SetLimit(defaultMemory())
	case s.Memory >= 0:
		array.SetLimit(int64(s.Memory))
	}
	return encode(map[string]any{"threads": par.Threads(), "simd": simd.Current().String(), "memory": array.Limit()})
}

// levelOf reads the name of a level: case and hyphen do not matter.
func levelOf(name string) (simd.Level, error) {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "") }
	if plain(name) == "auto" {
		return simd.Levels()[0], nil
	}
	var names []string
	for _, l := range simd.Levels() {
		if plain(l.String()) == plain(name) {
			return l, nil
		}
		names = append(names, l.String())
	}
	return 0, spec.Expected("simd", "auto or one of "+strings.Join(names, ", "), name)
}

func describe() (string, error) {
	var levels []string
	for _, l := range simd.Levels() {
		levels = append(levels, l.String())
	}
	jobs.Lock()
	live := len(jobs.open)
	jobs.Unlock()
	return encode(map[string]any{
		"version": job.Version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "cpus": runtime.NumCPU(),
		"simd": simd.Current().String(), "levels": levels, "pure_go": len(levels) == 1,
		"threads": par.Threads(), "memory": array.Limit(), "physical": cmem.Physical(), "held": cmem.Held(), "jobs": live,
		"linalg":  linalg.Current().Name(),
		"methods": job.Methods(),
	})
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
