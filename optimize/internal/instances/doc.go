// Package instances makes placement problems to test and measure the solver with: DAGs of many shapes, stages priced by
// scanning a synthetic catalog of about 50,000 offerings on a grid of regions, and real workflow runs. Catalog is its main
// type. Everything follows from a seed: the same one gives the same problem on every machine.
//
// Edge sizes are heavy-tailed (log-normal, sigma 2.5, median 1.8 GB), so that moving and computing compete. That is
// harder than what jobs usually look like.
package instances
