// Package oracle asks solvers of others what the best plan is: CBC, GLPK and HiGHS, as programs beside ours. A Solver is
// one of them. They get the reduced model: of the options of one class only those that can win, and continuous variables
// for the edges, whose relaxation is as tight as such a model can be.
//
// It is for tests and measurements only; nothing of ours depends on it.
package oracle
