// Package walkers is what the ensembles of all lattice models share. A model says what its configurations are (Model), a method moves one of them
// (Kernel); the ensemble starts, measures, weighs, copies and saves any number of them. Order cuts a sweep over the sites of a graph into pieces that
// may go on at the same time, and Single is a kernel made of an Order and rules that say what happens at a site.
package walkers
