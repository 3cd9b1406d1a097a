// Package raysuite checks whether a cluster keeps to the Jobs API of Ray (the one that `ray job submit` speaks): how jobs are
// submitted, followed, stopped and deleted, what a repeated submit does, and what a job finds in its environment. It speaks
// plain REST to the dashboard's address. Jobs are short shell commands; the packages that a check uploads expire by themselves.
// That a job waiting for resources can be stopped is not asked for: Ray itself takes the stop and lets the job wait on.
package raysuite
