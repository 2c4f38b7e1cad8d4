// Package over holds the methods that work over the ensembles of any system: ladders of temperatures, annealed populations, flat histograms, nested
// sampling. They know of a walker what contract.Ensemble tells: its weight at other states, that it can be copied, swapped, biased and measured.
package over
