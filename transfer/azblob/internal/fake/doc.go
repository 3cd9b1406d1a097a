// Package fake is a strict Azure Blob Storage in memory, for tests: it refuses what it does not know, compares every MD5, keeps every
// condition, copies blocks from URLs, and fails on request the way the real store does. The main type is [Store], an http.Handler; make
// one with [New].
package fake
