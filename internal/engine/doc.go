// Package engine is the machine that drives one run: facts go in, commands come out, and nothing else happens.
//
// A [Machine] does no I/O, reads no clock, starts no goroutine and uses no randomness of its own, so that the same
// facts always lead to the same commands. The shell around it drains its queue of facts, calls [Machine.Step], writes
// facts and command ids to the journal as a [Record], makes that durable, and only then carries the commands out; each
// outcome is a new fact. [Replay] turns the journal back into the machine, and [Machine.Outstanding] says what to issue
// again. A command is idempotent by its id, so issuing it twice does no harm.
//
// The rules it keeps: an allocation whose fate is unknown is resolved before its stage moves elsewhere; a stage has at
// most one commit; what was allocated is released, however the run ends; nothing is begun that the budget might not
// cover. Where to go is not its business: it asks for a new plan and compares places only with what is blocked.
//
// Data does not wait for the stage that needs it: a move goes out as soon as its maker is done, ahead of the attempt it is
// for and under the number that attempt will have. All who need the same move share it, and its cost is reserved once.
// When it fails for good or the budget does not cover it, it is left to the attempt; when a new plan leaves nobody who
// needs it, it is stopped, and what has arrived stays where it is.
//
// A Machine is for one goroutine at a time.
package engine
