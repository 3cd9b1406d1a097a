// Package azblob holds objects in a container of Azure Blob Storage, as block blobs. The main type is [Bucket]; make one with [Open].
//
// A version is a blob's ETag. A small object is stored by one request; of a larger one each part is a block, whose MD5 the service
// compares, and Commit writes the list of blocks. Azure keeps no CRC32C: what this package stores has it in the blob's metadata under
// [SumKey], together with the size, and so Object.HasCRC is true only for those blobs, and for their copies.
//
// Azure keeps blocks that were not committed for a week. It offers no way to throw them away before, and throws all of them away when
// somebody commits another upload of the same key: then Commit of this one fails with ErrConflict.
package azblob
