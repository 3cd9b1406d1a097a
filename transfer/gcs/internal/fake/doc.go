// Package fake is a strict Google Cloud Storage in memory, for tests: it refuses what it does not know, compares every checksum, keeps
// every condition, copies in steps that need a token, and fails on request the way the real store does. The main type is [Store], an
// http.Handler; make one with [New].
package fake
