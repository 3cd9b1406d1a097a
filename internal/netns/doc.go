// Package netns measures the data mover against physical limits: real processes in network namespaces of this machine, joined by
// links whose rates are shaped. It has tests only, behind the build tag netns; they need root and iproute2. Run "make netns".
//
// Each row of the table is goodput seen by the receiver beside the bound that follows from the rates of the links. A missed target
// is printed, not failed: what fails the run is data that arrived wrong or not at all.
package netns
