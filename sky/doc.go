// Package sky is the front door of the broker: describe a job, plan it, run it, read what became of it.
//
// A [Job] is a graph of stages and data. [Broker.Plan] finds the provably best place for every stage over all clouds
// the host can use, [Broker.Start] runs the plan, and the [Report] accounts for what was spent. Nothing here links a
// cloud's SDK: the host passes the providers it wants in [Config].
//
// What is meant by "best" is fixed once: stages run in parallel without limit, unless an offering has a capacity, which
// bounds the stages that may run at once; parallel transfers do not share bandwidth in the plan; a transfer starts when its
// producer ends; a budget bounds the expected cost at plan time and is a hard stop at run time; a deadline counts from Start.
package sky
