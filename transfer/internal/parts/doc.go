// Package parts is what an upload in parts is before any store has a say: which parts there are, what they sum up to, and the one
// small part that is held in memory because it may be all there is. The main type is [Upload].
package parts
