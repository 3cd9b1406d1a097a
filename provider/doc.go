// Package provider is the contract a cloud meets: allocate machines, run tasks on them, say what is there, give it
// back. One interface, [Provider], with nine methods; further abilities are small interfaces found with [As].
//
// Every sentence an implementer must keep stands in the interface comments, and package providertest checks each of
// them. All failures are [*fault.Error].
package provider
