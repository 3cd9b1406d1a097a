// Package gcs holds objects in a bucket of Google Cloud Storage. The main type is [Bucket]; make one with [Open].
//
// A version is an object's generation. A small object is stored by one request under its conditions. Of a larger one each part is an
// object of its own below [PartsPrefix], which no listing of the bucket shows; they are composed at Commit, 32 at a time, checked
// against the CRC32C of the whole, and removed. What a process that died left there is found by [Bucket.Resume] and [Bucket.Sweep].
package gcs
