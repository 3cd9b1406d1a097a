// Package unit holds the exact quantities that every room of the broker shares: sizes in bytes, money in nano-dollars
// and prices per unit.
//
// Money never meets a float. The only product there is, [Price.For], is computed in 128 bits, rounded half up, and
// reports overflow as an error. The package depends on the standard library alone and everything may import it.
package unit
