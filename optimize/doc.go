// Package optimize finds the best placement of a DAG, with proof: plain integers in, plain integers out.
//
// A Problem has variables (stages, pinned data) with options, edges that carry data between them, and rules. In standard
// form, with x[v] the option of variable v, k(v) its class, and P, T the tariff of an edge:
//
//	minimise   value
//	where      money    = sum over v of money(x[v]) + sum over paid edges of KB*P[k(from), k(to)]
//	           carbon   = the same with carbon
//	           end[v]   = time(x[v]) + max over edges (u, v) of end[u] + fixed + KB*T[k(u), k(v)]
//	           makespan = max over v of end[v]
//	           charge   = per Meter, the price by tiers of all KB that feed it; part of money
//	           value    = money | makespan | carbon | money + PerHour*makespan + PerKg*carbon, then each aim of Then
//	subject to makespan <= Deadline, money <= Budget, carbon <= CarbonCap,
//	           P[k(from), k(to)] not forbidden on any edge,
//	           per Capacity, sum over v of use(x[v]) <= Max,
//	           each Group: members in one domain, in different domains, or in at least so many.
//
// An edge is paid unless another consumer of the same output sits in the same class. All products are rounded half up, each by
// itself. Any number of variables may run at once, and transfers do not slow each other down.
//
// Solve answers exactly, and says Optimal only when it is proved. It has two cores:
//
//   - where the value is a sum: peeling of trees, elimination, messages along the edges (TRW-S), branching (sum.go);
//   - where one sum meets one makespan: prices of time along critical paths (Lagrangian) bound it, and variables are decided
//     in topological order: of partial plans that agree on what the rest can see only the unbeaten stay, and the bounds
//     drop the rest; what a search of modest width cannot finish is split (deadline_solve.go).
//
// Limits, meters, spreads over a few domains, and limits on money and carbon that are not the objective's are solved around
// these by branch and bound, with prices on what is limited (forms.go), several aims one after another (then.go).
// Stats.Method names what was needed: tree, elimination, trws, branch; bound, chain, deadline; forms; or kept, where Resolve
// had nothing to do.
//
// What is not in the form above goes into options and tables, which the caller fills: residency, operators and latency to
// clients leave options out, or forbid pairs; the rework to expect on spot machines and a minimum billing time raise an
// option's money and time; a zone, a tenant or a market that a rule must tell apart is a class of its own.
//
// Besides the best plan there are: Front, the trade-offs between aims; Best and Diverse, the plans after the best; Resolve,
// the best plan after options have gone; Bids and Explain, why not another option; BreakEven, from where on another plan.
//
// SolveLP is for linear programs, such as the flow of data over relays; VerifyLP checks its answers.
//
// The problem is strongly NP-hard (a deadline on a DAG), so a solve can end by context or Limit: then the
// solution carries a plan, a bound and a gap. Verify checks a solution without any of the solver's code, and Prove says
// whether it could confirm the bound too. An InfeasibleError names a minimal set of rules that cannot hold together.
//
// Everything is deterministic: no clocks, no random numbers, no map order; equal values are ranked as stated at
// Objective.
package optimize
