// Package verify asks a live endpoint whether it is the service it says it is, and writes the answer into the catalog.
//
// A [Suite] is a list of checks, each of one thing that users of a service rely on. [Run] runs all of them against an
// endpoint and gives a [Result]: a table for people, JSON for programs, a [catalog.Verdict] for the catalog. [Record] lays
// that verdict over the catalog's entry, and what wants only verified hostings (sky.Verified) then keeps forks out.
//
// The suites that ship with the library are in the packages below this one: sqlsuite (SQL:2008), s3suite (the S3 API),
// kubesuite (the Jobs API of Kubernetes), raysuite (the Jobs API of Ray). Suites of others are values like these.
package verify
