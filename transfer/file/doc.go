// Package file makes a directory a bucket: each regular file below it is an object, whoever wrote it.
//
// The main type is [Bucket]; open one with [Open]. No key can escape the directory, symbolic links included. What the
// bucket keeps for itself, uploads under way and the attributes a file cannot hold, lies in a folder named ".broker",
// which is no object and never listed, at any depth.
//
// A key that a file system cannot hold is refused with [transfer.ErrInvalid]: one with an empty or "." element, a
// trailing slash, an element longer than 255 bytes, or one that is both a file and a directory.
package file
