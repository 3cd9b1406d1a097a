//go:build !unix

package file

// noWait makes opening a pipe return at once.
const noWait = 0
