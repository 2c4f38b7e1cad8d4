// Package job is the top floor: the registry of (verb, system, method), and the life of a job from a request in JSON to columns of results:
// progress, pause, cancel, rendezvous with functions of another language, checkpoints. The request, the status and the meaning of a checkpoint
// are documented where they cross the border, in bindings.
package job

// Version of the package, the same as in pyproject.toml (a test compares).
const Version = "0.1.0"
