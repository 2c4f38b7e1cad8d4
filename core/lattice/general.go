package lattice

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// graphWalker is what the walkers on any graph share: a byte a spin, and what decides it at kT.
type graphWalker struct {
	*local
	spins []int8
	kT    float64
	key   rng.Key
	table []rng.Threshold

	updates, hits int64 // since the warm-up
}

func newGraphWalker(l *local, w contract.Walker) graphWalker {
	k := graphWalker{local: l, spins: make([]int8, l.graph.Sites), key: w.Key}
	k.setKT(w.Params.KT)
	return k
}

func (k *graphWalker) read(dst []int8)          { copy(dst, k.spins) }
func (k *graphWalker) write(src []int8)         { copy(k.spins, src) }
func (k *graphWalker) energy() float64          { return k.local.energy(k.spins) }
func (k *graphWalker) magnetization() float64   { return float64(total(k.spins)) }
func (k *graphWalker) warm()                    { k.updates, k.hits = 0, 0 }
func (k *graphWalker) info() map[string]float64 { return k.rule.info(k.hits, k.updates) }

func (k *graphWalker) setKT(kT float64) {
	k.kT = kT
	k.table = k.local.table(kT)
}

// info is the share of the updates that changed a spin, by the name that fits the method.
func (r rule) info(hits, updates int64) map[string]float64 {
	share := float64(hits) / float64(max(updates, 1))
	if r.flips() {
		return map[string]float64{"acceptance": share}
	}
	return map[string]float64{"changed": share}
}

// general is a walker of single-site updates on any graph, one byte a spin. The sites of a sweep are cut into blocks; block b of sweep t
// draws from the stream of step t * blocks + b, so that it does not matter who works on it.
type general struct {
	graphWalker
	done   int64 // sweeps
	cursor int   // the next run of the sweep

	now     run // what the workers are at
	members []member
	team    *par.Team
	phase   func(worker int)
}

// member is what one worker writes to.
type member struct {
	stream rng.Stream
	hits   int64
	_      [64]byte
}

func newGeneral(l *local, w contract.Walker) (*general, error) {
	k := &general{graphWalker: newGraphWalker(l, w), members: make([]member, 1)}
	k.phase = k.work
	return k, nil
}

func (k *general) sweepTo(ctx context.Context, target int64, team *par.Team) error {
	return stepTo(ctx, &k.done, target, team, k.step)
}

// step finishes one run.
func (k *general) step(team *par.Team) error {
	k.now = k.runs[k.cursor]
	if !k.now.parallel || k.now.to-k.now.from < 2*blockSites {
		team = nil
	}
	for len(k.members) < team.Size() {
		k.members = append(k.members, member{})
	}
	if k.team = team; team == nil {
		k.work(0)
	} else if err := team.Run(k.phase); err != nil {
		return err
	}
	for i := range k.members {
		k.hits += k.members[i].hits
		k.members[i].hits = 0
	}
	k.updates += int64(k.now.to - k.now.from)
	if k.cursor++; k.cursor == len(k.runs) {
		k.cursor = 0
		k.done++
	}
	return nil
}

// work is a worker's share of the blocks of a run.
func (k *general) work(worker int) {
	me, size := &k.members[worker], k.team.Size()
	blocks := (k.now.to - k.now.from + blockSites - 1) / blockSites
	for b := blocks * worker / size; b < blocks*(worker+1)/size; b++ {
		me.stream.Reset(k.key, uint64(k.done)*k.blocks()+uint64(k.now.block+b))
		from := k.now.from + b*blockSites
		me.hits += k.visitAll(&me.stream, from, min(from+blockSites, k.now.to))
	}
}

// visitAll updates the visits from to to-1 of the sweep and counts the spins that changed.
func (k *general) visitAll(u *rng.Stream, from, to int) int64 {
	if k.table != nil && k.signs == nil && k.visit != nil {
		return k.visitTable(u, from, to)
	}
	changed := int64(0)
	for v := from; v < to; v++ {
		i := v
		if k.visit != nil {
			i = int(k.visit[v])
		} else if k.order == "random" {
			i = u.Below(len(k.spins))
		}
		old := k.spins[i]
		hit := int8(u.Less(k.at(k.spins, i, k.table, k.kT)))
		s := 2*hit - 1
		if k.rule.flips() {
			s = old * (1 - 2*hit)
		}
		k.spins[i] = s
		changed += int64((s ^ old) & 2 >> 1)
	}
	return changed
}

// visitTable is visitAll colour by colour with one coupling, the commonest case, in one loop.
func (k *general) visitTable(u *rng.Stream, from, to int) int64 {
	s, start, ends, table, class := k.spins, k.graph.Start, k.graph.To, k.table, k.class
	width, changed := k.width, int64(0)
	for _, i := range k.visit[from:to] {
		sum := width / 2
		for _, j := range ends[start[i]:start[i+1]] {
			sum += int(s[j])
		}
		old := s[i]
		row := int(old+1) >> 1
		if class != nil {
			row += 2 * int(class[i])
		}
		hit := int8(u.Less(table[row*width+sum]))
		now := 2*hit - 1
		if k.rule.flips() {
			now = old * (1 - 2*hit)
		}
		s[i] = now
		changed += int64((now ^ old) & 2 >> 1)
	}
	return changed
}

func (k *general) sweeps() int64 { return k.done }

func (k *general) save(w io.Writer) error {
	return saved.Put(w, k.done, int64(k.cursor), k.updates, k.hits, k.spins)
}

func (k *general) load(r io.Reader) error {
	var done, cursor, updates, hits int64
	spins := make([]int8, len(k.spins))
	if err := saved.Get(r, &done, &cursor, &updates, &hits, spins); err != nil {
		return err
	}
	if err := cursorIn(cursor, int64(len(k.runs))); err != nil {
		return err
	}
	if err := signs(spins); err != nil {
		return err
	}
	k.done, k.cursor, k.updates, k.hits, k.spins = done, int(cursor), updates, hits, spins
	return nil
}
