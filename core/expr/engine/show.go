package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

// Stage describes a step of an executable.
type Stage struct {
	Name    string        // "nest", or the operation
	Text    string        // what a nest does
	N       int           // elements of a nest
	Tile    int           // elements of its tiles
	Cost    time.Duration // guessed
	Shared  bool          // among the workers of a team
	Elapsed time.Duration // measured by Profile
}

func (s Stage) String() string {
	t := fmt.Sprintf("%-24s %10v", s.Name, s.Cost)
	if s.Elapsed > 0 {
		t += fmt.Sprintf(" %10v", s.Elapsed)
	}
	if s.N > 0 {
		t += fmt.Sprintf("  %d elements in tiles of %d", s.N, s.Tile)
	}
	if s.Shared {
		t += ", shared"
	}
	if s.Text != "" {
		t += ": " + s.Text
	}
	return t
}

// Stages lists the steps.
func (ex *Executable) Stages() []Stage {
	out := make([]Stage, len(ex.stages))
	for i := range ex.stages {
		s := &ex.stages[i]
		out[i] = Stage{Name: s.name, Text: s.text, Cost: time.Duration(min(s.cost, 1e18)), Shared: s.shared()}
		if n := s.nest; n != nil {
			out[i].Name, out[i].N, out[i].Tile, out[i].Text = "nest", n.n, n.tile, n.text
		}
	}
	return out
}

// Program is the program as it runs.
func (ex *Executable) Program() *expr.Program { return ex.p }

// Bytes is the size of the arena of one call.
func (ex *Executable) Bytes() int { return ex.arena }

// Profile runs once and times the stages.
func (ex *Executable) Profile(ctx context.Context, team *par.Team, inputs, outputs []*array.Array) ([]Stage, error) {
	times := make([]time.Duration, len(ex.stages))
	if err := ex.run(ctx, team, inputs, outputs, times); err != nil {
		return nil, err
	}
	out := ex.Stages()
	for i := range out {
		out[i].Elapsed = times[i]
	}
	return out, nil
}

// describe lists what the nest does, in the order of its instructions.
func (s *nest) describe() string {
	var parts []string
	loads := 0
	for i := range s.items {
		it := &s.items[i]
		switch it.kind {
		case iLoad:
			loads++
		case iCompute:
			if it.also != nil {
				parts = append(parts, it.also.Op.String()+"-"+it.node.Op.String())
			} else {
				parts = append(parts, it.node.Op.String())
			}
		case iReduce:
			parts = append(parts, fmt.Sprintf("reduce rows of %d", it.red.length))
		}
	}
	if len(parts) == 0 {
		parts = []string{"copy"}
	}
	if len(parts) > 24 {
		parts = append(parts[:24], fmt.Sprintf("... %d more", len(parts)-24))
	}
	return fmt.Sprintf("%d loads, %s", loads, strings.Join(parts, " "))
}
