package job

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/lattice/automata"
	"github.com/ergodica/ergodica/core/lattice/closed"
	"github.com/ergodica/ergodica/core/lattice/exact"
	"github.com/ergodica/ergodica/core/lattice/exclusion"
	"github.com/ergodica/ergodica/core/lattice/field"
	"github.com/ergodica/ergodica/core/lattice/gauge"
	"github.com/ergodica/ergodica/core/lattice/local"
	"github.com/ergodica/ergodica/core/lattice/memory"
	"github.com/ergodica/ergodica/core/lattice/opinion"
	"github.com/ergodica/ergodica/core/lattice/potts"
	"github.com/ergodica/ergodica/core/lattice/ranged"
	"github.com/ergodica/ergodica/core/lattice/sandpile"
	"github.com/ergodica/ergodica/core/lattice/transport"
	"github.com/ergodica/ergodica/core/lattice/twostate"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/lattice/villain"
	density "github.com/ergodica/ergodica/core/sample"
	"github.com/ergodica/ergodica/core/sample/cloud"
	"github.com/ergodica/ergodica/core/sample/over"
	"github.com/ergodica/ergodica/core/sample/series"
	dynamics "github.com/ergodica/ergodica/core/simulate"
	"github.com/ergodica/ergodica/core/spec"
)

// families are what the house offers: one line for each room of systems.
var families = []func() []contract.Entry{
	lattice.Registry,
	exact.Registry,
	field.Registry,
	twostate.Registry,
	potts.Registry,
	exclusion.Registry,
	transport.Registry,
	opinion.Registry,
	memory.Registry,
	vector.Registry,
	villain.Registry,
	ranged.Registry,
	sandpile.Registry,
	automata.Registry,
	gauge.Registry,
	local.Registry,
	closed.Registry,
	density.Registry,
	cloud.Registry,
	series.Registry,
	dynamics.Registry,
	over.Registry,
}

// entries are all lines; those of methods for targets are repeated for every system that is named as one, those of methods over ensembles for every
// system that has ensembles for their verb.
func entries() (all []contract.Entry) {
	var named, targets, over []contract.Entry
	for _, family := range families {
		for _, e := range family() {
			switch {
			case e.Method == "":
				named = append(named, e)
			case e.System == contract.Targets:
				targets = append(targets, e)
			case e.System == contract.Any:
				over = append(over, e)
			default:
				all = append(all, e)
			}
		}
	}
	for _, e := range targets {
		for _, s := range named {
			e.System, e.NewSystem = s.System, s.NewSystem
			all = append(all, e)
		}
	}
	for _, e := range over {
		seen := map[string]bool{}
		for _, s := range all {
			if s.Verb == e.Verb && s.Open != nil && !seen[s.System] {
				seen[s.System] = true
				e.System, e.NewSystem = s.System, s.NewSystem
				all = append(all, e)
			}
		}
	}
	return all
}

// first is the system's first method of walkers that follows its shape, the kernel where none is named.
func first(verb, system string, shape contract.Blocks) string {
	for _, e := range entries() {
		if e.Verb == verb && e.System == system && e.Open != nil && lacks(e.NewMethod(), shape) == "" {
			return e.Method
		}
	}
	return ""
}

// lacks is a kind of block whose geometry the method does not follow.
func lacks(method any, shape contract.Blocks) string {
	f, ok := method.(contract.Follower)
	for _, kind := range shape.Curved() {
		if !ok || !f.Follows(kind) {
			return kind
		}
	}
	return ""
}

// follows refuses a method that would leave the system's space.
func follows(verb, system string, s any, name string, method any) error {
	shape := contract.ShapeOf(s)
	if _, composed := method.(contract.Composed); composed {
		return nil
	}
	if shape.Mixed() {
		return spec.Errorf(spec.SpecError, "%s does not move both whole and real numbers", name).With("argument", "method").
			Try("erg.Gibbs, which moves blocks by methods of their own: erg.Gibbs({\"x\": erg.NUTS(), \"z\": erg.DiscreteGibbs()})")
	}
	kind := lacks(method, shape)
	if kind == "" || verb == "solve" {
		return nil
	}
	var fitting []string
	for _, e := range entries() {
		if e.Verb == verb && e.System == system && e.Open != nil && lacks(e.NewMethod(), shape) == "" && !slices.Contains(fitting, e.Method) {
			fitting = append(fitting, e.Method)
		}
	}
	if len(fitting) == 0 {
		return spec.Errorf(spec.SpecError, "%s does not follow the geometry of the space %s, nor does another method to %s it", name, kind, verb).With("argument", "method").
			Try("erg.sample(system), whose sweeps are a dynamics, too")
	}
	return spec.Errorf(spec.SpecError, "%s does not follow the geometry of the space %s; there are: %s", name, kind, list(fitting)).With("argument", "method").
		With("methods", fitting).Try("erg." + fitting[0] + "()")
}

// TypeInfo is one struct that a request decodes into.
type TypeInfo struct {
	Name   string // "lattice.Ising", "Wolff": the key "type" in a request
	Kind   string // "system" or "method"
	Staged bool   // a method that finds populations as a whole
	Unit   string // contract.Entry's
	Value  any    // a pointer to its zero value
}

// Types lists every system and method once, systems first, each by name.
func Types() []TypeInfo {
	seen := map[string]bool{}
	var all []TypeInfo
	add := func(t TypeInfo) {
		if !seen[t.Kind+t.Name] {
			seen[t.Kind+t.Name] = true
			all = append(all, t)
		}
	}
	for _, e := range entries() {
		add(TypeInfo{Name: e.System, Kind: "system", Value: e.NewSystem()})
		add(TypeInfo{Name: e.Method, Kind: "method", Staged: e.Stages != nil, Unit: e.Unit, Value: e.NewMethod()})
	}
	sort.SliceStable(all, func(a, b int) bool {
		if all[a].Kind != all[b].Kind {
			return all[a].Kind > all[b].Kind
		}
		return all[a].Name < all[b].Name
	})
	return all
}

// MethodInfo is one line of the registry, as Info shows it.
type MethodInfo struct {
	Verb     string   `json:"verb"`
	System   string   `json:"system,omitempty"`
	Method   string   `json:"method"`
	Accuracy string   `json:"accuracy,omitempty"`
	Cite     []string `json:"cite,omitempty"`
}

// Methods lists the registry in its order.
func Methods() (all []MethodInfo) {
	for _, e := range entries() {
		all = append(all, MethodInfo{e.Verb, e.System, e.Method, e.Accuracy, e.Cite})
	}
	for _, e := range computations() {
		all = append(all, MethodInfo{Verb: "stats", Method: e.Name})
	}
	return all
}

// find is the line of a verb, a system and a method, or an error that lists what there is.
func find(verb, system, method string) (contract.Entry, error) {
	var systems, fitting, elsewhere []string
	for _, e := range entries() {
		if e.System != system {
			systems = append(systems, e.System)
			continue
		}
		switch {
		case e.Verb == verb && e.Method == method:
			return e, nil
		case e.Verb == verb:
			fitting = append(fitting, e.Method)
		case e.Method == method:
			elsewhere = append(elsewhere, e.Verb)
		}
	}
	if len(fitting)+len(elsewhere) == 0 && !slices.ContainsFunc(entries(), func(e contract.Entry) bool { return e.System == system }) {
		return contract.Entry{}, spec.Expected("system", "one of "+list(systems), fmt.Sprintf("%q", system))
	}
	if len(fitting) == 0 {
		i := slices.IndexFunc(entries(), func(e contract.Entry) bool { return e.System == system })
		return contract.Entry{}, spec.Errorf(spec.SpecError, "there is no method to %s %s", verb, system).With("argument", "method").
			Try(fmt.Sprintf("erg.%s(system, erg.%s())", entries()[i].Verb, entries()[i].Method))
	}
	e := spec.Errorf(spec.SpecError, "%s is no method to %s %s; there are: %s", method, verb, system, list(fitting)).With("argument", "method").With("methods", fitting)
	if len(elsewhere) > 0 {
		e.Message += fmt.Sprintf(". %s fits the verb %s", method, list(elsewhere))
	}
	return contract.Entry{}, e.Try("erg." + fitting[0] + "()")
}

func list(names []string) string {
	names = slices.Clone(names)
	sort.Strings(names)
	return strings.Join(slices.Compact(names), ", ")
}
