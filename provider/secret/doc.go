// Package secret keeps credentials from being printed. A [Secret] shows "[redacted]" to every formatter, encoder and
// logger; a [Ref] is plain data that says where a secret can be fetched and may therefore be stored.
//
// A secret is made with [New] or [Ref.Resolve], and read with [Secret.Reveal] alone: it can be encoded, as "[redacted]",
// but not decoded. The package depends on the standard library alone.
package secret
