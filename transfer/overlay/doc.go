// Package overlay plans how data flows from one place to others when machines in third places may pass it on: which relays, how
// many machines in each, how much on which path, at what rate and cost, and how near that is to the best there can be.
//
// A path through a relay can be faster than the direct one, when the direct link is slow, or cheaper, when two cheap links replace
// a dear one. Often it is neither, and then the plan says that direct is best. The model is that of Skyplane (NSDI 2023) with the
// connections taken out: a machine is a unit of time that it shares over its links, so that sending f bytes a second over a link
// on which one pair of machines reaches g takes f/g machines at either end.
//
// [Solve] is pure: a [Network] and a [Demand] in, a [Plan] out, the same each time. [Check] tests a plan on its own, without the
// planner's code.
package overlay
