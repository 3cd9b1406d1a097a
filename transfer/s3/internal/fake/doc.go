// Package fake is a strict S3 in memory, for tests: it refuses what it does not know, compares every checksum, keeps every
// condition, and fails on request the way real stores do. The main type is [Store], an http.Handler; make one with [New].
package fake
