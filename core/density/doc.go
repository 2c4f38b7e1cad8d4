// Package density has targets that are written as programs: [Density], the system behind a user's energy or log density on a space; and what clouds of
// particles act on: [Functional], [Game] and [Inverse].
package density
