// Package spec is the ground floor: typed errors that say what was expected, what was got and which call would work, and the
// strict decoding of a request (JSON) into the Go structs that are the single source of truth for every parameter.
package spec
