// Package ranged reads a range of one version of an object, over as many connections as it takes. The main type is [Reader].
package ranged
