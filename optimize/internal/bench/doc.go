// Package bench measures the solver on large problems, beside CBC, GLPK and HiGHS in the same run, and writes the table of
// BENCHMARKS.md. It is all in tests with the build tag bench: run make bench.
package bench
