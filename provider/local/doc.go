// Package local is this machine as one or more clouds: real processes, real directories, nothing to install.
//
// The main type is [Cloud]; [New] opens one, and [Rehearse] opens one for each cloud of a catalog so that a job for
// several clouds runs unedited here. A local cloud keeps all it knows in files:
//
//	<dir>/<name>/lock, held/, gone/       the account: what is held, as [remote.Account] keeps it
//	<dir>/<name>/allocations/<key>/       the tasks and their logs, as package remote lays them out
//	<dir>/<name>/buckets/<bucket>/<key>   the objects
//
// so that tasks outlive the process that started them, and the next one, or another at the same time, finds them.
//
// What differs from a cloud elsewhere: an allocation is Ready at once, and its absence is proven at once; it reserves
// CPUs and memory in the account only, and does not confine its tasks. A task reads its inputs where they lie in the
// bucket, so it must not change them, and writes its outputs straight to where they will stay. Nothing here waits for
// the disk: a power cut ends the tasks anyway, and what must survive it is made durable by whoever seals an artifact.
// Tasks run as the user of this process, with SIGINT ignored.
package local
