package native

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"time"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// profileTime and profileCalls bound the timed calls of a profile, of which there is at least one. A first call that takes less than
// profileCold is not among them.
const (
	profileTime  = 20 * time.Millisecond
	profileCold  = 200 * time.Millisecond
	profileCalls = 1000
)

// profile is the answer of ProgramProfile: either a ticket or the sums over the calls.
type profile struct {
	Ticket int64          `json:"ticket,omitempty"`
	Calls  int            `json:"calls"`
	Shared bool           `json:"shared"` // a team ran it
	Stages []profileStage `json:"stages"`
	Total  float64        `json:"total"`
}

type profileStage struct {
	Name     string  `json:"name"`
	Text     string  `json:"text"`
	Elements int     `json:"elements"`
	Seconds  float64 `json:"seconds"`
}

// profile runs and times; a first call warms up, unless it is long by itself.
func (p *program) profile(ctx context.Context, a *arguments, r *profile) error {
	var team *par.Team
	if p.claim() {
		defer crew.Unlock()
		team, r.Shared = crew.team, crew.team.Size() > 1
	}
	var spent time.Duration
	for warm := false; r.Calls == 0 || spent < profileTime && r.Calls < profileCalls; {
		begin := time.Now()
		stages, err := p.code.Profile(ctx, team, a.in, a.out)
		if err != nil {
			return err
		}
		took := time.Since(begin)
		if !warm && took < profileCold {
			warm = true
			continue
		}
		if r.Stages == nil {
			r.Stages = make([]profileStage, len(stages))
			for k, s := range stages {
				r.Stages[k] = profileStage{Name: s.Name, Text: s.Text, Elements: s.N}
			}
		}
		for k, s := range stages {
			r.Stages[k].Seconds += s.Elapsed.Seconds()
		}
		spent += took
		r.Calls++
	}
	r.Total = spent.Seconds()
	return nil
}

// ProgramProfile runs a program on raw memory, as ProgramRun, about 20 ms long and at least once after a call that warms up, and times its
// stages. It starts with ticket 0 and answers, after ms at most, {"ticket": n} to be called again with it (ProgramCancel stops it; the memory
// stays in use), or
//
//	{"calls": 900, "shared": false, "total": 0.02, "stages": [{"name": "nest", "text": "1 loads, mul", "elements": 1000, "seconds": 0.019}]}
//
// where seconds are sums over the calls, and elements is 0 for a stage that is not a nest.
func ProgramProfile(id, block, ticket, ms int64) (result string, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if ticket == 0 {
		if ticket, err = startProfile(id, block); err != nil {
			return "", err
		}
	}
	found, ok := tickets.Load(ticket)
	if !ok || found.(*ticketed).profile == nil {
		return "", spec.Errorf(spec.ClosedError, "profile %d has ended, or never was", ticket)
	}
	t := found.(*ticketed)
	answer := &profile{Ticket: ticket}
	if ended, err := t.wait(milliseconds(ms)); ended {
		tickets.Delete(ticket)
		if err != nil {
			return "", err
		}
		answer = t.profile
	}
	text, err := json.Marshal(answer)
	return string(text), err
}

func startProfile(id, block int64) (ticket int64, err error) {
	p, a, err := argumentsAt(id, block)
	if err != nil {
		return 0, err
	}
	r := new(profile)
	ctx, cancel := context.WithCancel(context.Background())
	t := &ticketed{cancel: cancel, profile: r, done: par.Go(func() error {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer p.idle.Put(a)
		return p.profile(ctx, a, r)
	})}
	ticket = programs.last.Add(1)
	tickets.Store(ticket, t)
	return ticket, nil
}
