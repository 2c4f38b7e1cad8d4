// Package native is the door: the flat functions that Python calls, on integer handles, nothing per algorithm. gopy writes the glue; in Python
// a function F is _native.native_F. Arguments and results are int64, float64, bool and string only.
//
// # Errors
//
// Every function returns (value, error) and recovers. The text of an error is JSON:
//
//	{"class": "SpecError", "message": "...", "suggest": "Try ...", "fields": {...}, "stack": "..."}
//
// class is one of core/spec's; suggest, fields and stack may be absent. gopy raises RuntimeError(text).
//
// # Calls
//
//	JobOpen(spec, inputs string) id                 validates, plans memory, starts; every input struct is taken, also on error
//	JobWait(id, ms) status                          returns when the job ends, asks Python or pauses, at the latest after ms
//	JobNext(id, answered, ms) request               rendezvous: > 0 a request, 0 the job has ended, -1 time over
//	JobFail(id, request, message) bool              Python's evaluation raised: the job fails with a PythonError of this message
//	JobPause(id), JobResume(id) bool                at the next synchronisation point (within 0.1 s); false where it cannot (ended, solve)
//	JobCancel(id) bool                              ends within 0.1 s, what was recorded is kept; false if it had ended
//	JobCheckpoint(id) bool                          writes now and returns when it is on disk; false if the job had ended
//	JobSnapshot(id) status                          as JobWait(id, 0), without taking the events
//	JobLook(id, first, step, count, address) json   configurations of walkers where they stand: {"running": true, "dtype": "int8", "shape": [32, 32]}
//	JobTake(id, k, array, schema) bool              exports result k into two zeroed Arrow C structs; also while running, memory is shared
//	JobClose(id) bool                               cancels, waits, releases; false if it was closed. The only place that releases
//	ProgramCompile(json) id                         an array program, checked and compiled: {"program": ..., "outputs": [types]}
//	ProgramLinearize(json) json                     its derivative as two programs, one for the point, one for directions
//	ProgramRun(id, block) ticket                    block: address of one int64 for each input and output, the addresses of their memory; 0: done
//	ProgramWait(ticket, ms) bool                    true when that call has ended
//	ProgramCancel(ticket) bool                      stops it and returns when it has stopped
//	ProgramProfile(id, block, ticket, ms) json      start with ticket 0; {"ticket": n} while it runs, then times of the stages
//	ProgramFree(id) bool                            false if it was freed
//	ProgramShow(id, form) text                      form "source" as traced, "compiled" as it runs, "stages" how
//	Configure(json) json                            {"threads": n, "simd": "AVX2", "memory": bytes}, each optional; answers the settings in force
//	Info() json                                     version, CPU, limits, live handles, methods
//	LapackPointers(json, size) name                 lends {"dpotrf": address, ...}; checked on matrices up to that size, then in use
//
// Handles are never reused; a closed or unknown one is a ClosedError. Any thread may call; two threads may serve one job. Wait in steps of at
// most 100 ms, so that Python sees its signals.
//
// # Inputs
//
//	[{"name": "h", "array": address, "schema": address, "shape": [32, 32], "dtype": "float64", "borrow": false}]
//
// array and schema are addresses of filled Arrow C structs (moved from: release is null afterwards). dtype is one of float64 float32 complex128
// complex64 int64 int32 int8 uint8 uint64 bool; bool travels as uint8, complex as fixed-size binary ("w:16", "w:8"). Nulls are refused, shape
// and dtype compared with the buffer. Without borrow the content is copied (and released at once); with borrow the job reads the caller's
// memory until JobClose, and the caller must not change it before. Inputs are never written.
//
// # Requests
//
// verb, system and method pick the registry's line; every other key is decoded strictly (core/job/request.go has each with default and range).
//
//	sample    system, method, seed, kT, chains=1, first_chain=0, first_kT=0, sweeps, warmup=0, every=1, observe, start="random", python=[]
//	simulate  system, method, seed, kT, chains=1, first_chain=0, first_kT=0, time, every, observe, start="random", python=[]
//	solve     system, method, kT, observe=[] (all)
//	stats     method, inputs=[indices] (all)
//	every     scan=[] ("kT": the results have a kT axis), threads=0 (all), checkpoint=null (sample and simulate), version
//
// seed is a decimal string; null takes the checkpoint's seed, or draws one (info.seed tells). Each record of a sample comes after `every` sweeps:
// floor(sweeps / every) of them; a simulation records at t = 0, every, ... <= time. python: [{"name", "shape": [], "dtype": "float64", "id": ""}]; the
// optional id (a hash of the function's code) takes part in the comparison with a checkpoint.
//
// # Status
//
//	{"state":    "running" | "request" | "paused" | "done" | "failed" | "cancelled",
//	 "progress": {"done": 1e6, "total": 1e7, "unit": "spin updates", "phase": "warm-up" | "sampling" | ..., "seconds": 0.7, "rate": 1.4e6},
//	 "filled":   12,                      records that are complete for every walker: an immutable prefix
//	 "request":  3,                       while state is "request": the id that JobNext and JobFail want
//	 "events":   [{"kind": "warmup", "message": "...", "fields": {...}}],   since the last JobWait
//	 "results":  [{"name": "energy", "dtype": "float64", "shape": [2, 4, 1000], "dims": ["kT", "chain", "draw"], "filled": 12, "kind": "dense"}],
//	 "python":   {"walkers": 8, "configurations": {"address", "dtype", "shape": [8, 32, 32]}, "answers": [{"name", "address", "dtype", "shape": [8, ...]}]},
//	 "error":    {"class": ..., ...},     once failed or cancelled (class Interrupted)
//	 "info":     {"seed": "1", "accuracy": "exact", "cite": [...], "kernel": {"acceptance": [per walker]}, "nonfinite": {...}, ...}}
//
// Dimensions: (kT,) chain, draw, row... for sample; (kT,) chain, time, row... for simulate; (kT,) row... for solve; row... for stats. Dense results
// exist from the start at full size. A ragged result is two, both there when the job has ended: kind "offsets" (int64, walkers*filled + 1)
// and kind "values", rows of walker 0 first. Kind "final", there when a sample or simulation has ended, is the configurations of all walkers at
// its end: (kT,) chain, row... Non-finite numbers are the strings "nan", "inf", "-inf". kernel is there once the job has ended;
// events are "warmup", "checkpoint", "resumed", "nonfinite", "dropped".
//
// # Rendezvous
//
// A job with python entries advances all walkers to a record, writes their configurations, and asks. The buffers (status "python") live until
// JobClose; read the configurations, fill every answer, then JobNext(id, request, ms), which answers and waits for the next:
//
//	req = JobNext(id, 0, 50)
//	while req: if req > 0: evaluate; req = JobNext(id, max(req, 0), 50)
//
// # Checkpoints
//
// "checkpoint": {"path": "x.ckpt", "seconds": 5.0}. Written atomically at most every seconds and at most for 1/20 of the run time, and once when the
// job is done or cancelled. A request whose file exists continues it to the bits of an uninterrupted run; a finished one returns its result at
// once. A file of another request (threads, scan and borrow aside), of another version, or damaged, is a CheckpointError that says what differs.
package native
