// Package wire is how buckets reach their stores over a network: connections that share a rate, are counted, and go only where
// they may. A bucket takes an HTTP client in its configuration; [Wire.Client] makes one.
//
// The rate is held at the socket, below every buffer, so that it is true on the link over any tenth of a second, and not only on
// average. The boundary is asked before a connection is opened and before a redirect is followed, which makes a rule about where
// data may go hold even when a store sends its client elsewhere.
package wire
