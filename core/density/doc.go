// Package density has targets that are written as programs: [Density], the system behind a user's energy or log density on a space.
package density
