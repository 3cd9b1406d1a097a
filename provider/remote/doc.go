// Package remote runs tasks over a shell, on this machine or over SSH, so that the work outlives the broker.
//
// The main type is [Runner]. All it knows is in files below one folder, so that any host that reaches the machine with
// a [Shell] finds the tasks again:
//
//	<root>/<allocation>/          made by Open
//	    lease                     unix time at which the tasks end themselves; absent = never
//	    epoch.<n>                 one empty file for each epoch seen; a Start below the highest is refused
//	    closed                    there once Release has begun; nothing can start any more
//	    tasks/<task>/             made by Start
//	        task.json             the task, for people and for a re-executed Go function; no secret
//	        log                   both streams, in order of arrival
//	        work/ tmp/            the working directory and TMPDIR, removed by Release
//	        state/pid             the wrapper's process: "pid start boot"
//	        state/child           the command's process, leader of its own process group
//	        state/exit            "code started ended", times in unix seconds
//	        state/progress        what the command says of itself
//	        state/ready           there once the health command has succeeded
//
// A wrapper, a small POSIX shell program, stays with each command: it records the exit, passes a cancel on as TERM and,
// after the grace time, KILL, and ends the command when its time or the lease runs out, with no broker alive. Processes
// are known by pid, start time and boot, so that a pid used again by something else is never taken for the task's.
//
// The machine needs sh and the usual POSIX tools with a sleep that takes fractions; setsid is used where there is one.
// Start is one call of the shell, and the status of any number of tasks is one call. Commands run with SIGINT and
// SIGQUIT ignored, as anything started in the background does. A process that leaves its group by setsid is out of
// reach.
//
// [Account] is the other half of a provider of a machine: what is held of it, shared by all hosts. The example
// examples/owncloud is a whole provider made of the two.
package remote
