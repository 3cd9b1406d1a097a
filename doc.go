// Package broker is the map of an intercloud broker written as a Go library. It holds no code: programs import the
// rooms below.
//
// A host program describes a job: stages, the data between them, what each stage needs, what must hold (country,
// deadline, budget, trust) and what to minimise. The broker finds the best plan over every cloud it knows, moves the
// data, allocates machines, runs the stages, survives failures by planning again, and accounts for each cent.
//
// # Where to start
//
//   - sky is the front door: build a job, plan it, run it, read the report. Most programs need only this and one
//     package for each cloud they use.
//   - examples holds programs to run and to copy from; examples/quickstart is the first.
//
// # Planning
//
//   - catalog says what clouds offer: regions, services, offerings, prices, links.
//   - catalog/unit has the quantities everything is counted in: bytes, money, prices.
//   - optimize is the mathematics of placement: a problem in, a solution with its proof out.
//
// # Running
//
//   - provider is the contract a cloud meets; provider/providertest checks it.
//   - provider/fault is the one error type of clouds; provider/secret keeps secrets out of logs.
//   - provider/local is this machine as one or more clouds, with real processes and real directories.
//   - provider/fake is clouds in memory with a clock of their own, for tests.
//   - provider/remote runs tasks over a shell so that they outlive the broker; providers are built on it.
//   - transfer moves data between buckets; transfer/file, transfer/mem and others are buckets, and
//     transfer/buckettest checks one.
//   - internal/engine is the state machine of a run, internal/journal the file it is rebuilt from.
//
// # Who may import whom
//
// Imports point down only. The packages catalog/unit, provider/fault and provider/secret are leaves that all may use.
// optimize and internal/journal use the standard library, internal/engine also the leaves, catalog also the leaves.
// transfer uses catalog; provider uses catalog and transfer; sky uses all of these but never a concrete provider or a
// cloud's SDK, so that a program which imports only sky links none. A test in this directory asserts it.
package broker
