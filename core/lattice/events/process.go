// Package events is for lattice systems that have rates and no temperature: what may happen is a list of channels, each of which fires at the events of a
// Poisson process of its own. A process says what a firing does (Process); Walker lets time pass.
package events

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/geometry"
)

// Process is what happens in the configuration of one walker. It may keep counters and lists beside the configuration.
type Process[T any] interface {
	// Classes lists the channels: those of a class all have its rate. They are numbered through, class after class.
	Classes() []Class
	// Begin is told that the configuration was replaced.
	Begin(x []T)
	// Fire is an event of a channel with two independent uniform numbers in [0, 1), of which it may use one, both, or none; v is drawn where Both says so.
	Fire(x []T, channel int, u, v float64) (changed bool)
	Both() bool
	// State points to what beside the configuration must be saved, numbers and slices of a fixed length.
	State() []any
}

// Class is Count channels of one rate.
type Class struct {
	Count int
	Rate  float64
}

// Rates is part of every model that has rates and no energy.
type Rates struct{}

// Driven tells that there is no energy.
func (Rates) Driven() {}

// LogReference: there is no reference distribution.
func (Rates) LogReference() float64 { return math.NaN() }

// Layout is the lattice's shape with the names x0, x1, ..., or (sites).
func Layout(l *geometry.Lattice) ([]int, []string) {
	if l.Shape == nil {
		return []int{l.Sites()}, []string{"site"}
	}
	names := make([]string, len(l.Shape))
	for d := range names {
		names[d] = fmt.Sprint("x", d)
	}
	return l.Shape, names
}
