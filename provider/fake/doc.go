// Package fake is clouds in memory: machines that cost nothing, time that passes when told to, and refusals,
// preemptions and lost answers on demand. It is for unit tests of pipelines, for what-if runs, and for the broker's
// own simulations.
//
// The main type is [Cloud]; make one with [New], or one for each cloud of a catalog with [NewMarket]. What a task does
// is a [Program], an ordinary Go function that waits with [Process.Sleep]. With a [VirtualClock] everything happens in
// the goroutine that lets time go on, in an order that is the same in each run. Without one, time is real, or that of
// a testing/synctest bubble.
//
// A Cloud keeps the whole contract of package provider (it passes providertest), and counts: [Cloud.Live] is what is
// still held, [Cloud.Billed] what it cost, [Cloud.Calls] how often the cloud was asked.
package fake
