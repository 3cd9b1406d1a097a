// Package insetb is the machine learning pipeline of Inset B of "The Sky Above The Clouds", for the examples that plan it:
// the job of [Job], and the prices of [Prices].
package insetb
