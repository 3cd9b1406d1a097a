// Package sqlsuite checks whether a database keeps to SQL:2008 (ISO/IEC 9075) as the catalog's service "sql:2008" means
// it: [Suite] is core SQL and the optional features that analytics rely on (windows, MERGE, FETCH FIRST, ROLLUP, identity
// columns), in the words of the standard, and what the standard asks to be refused. The number of the feature in the standard
// stands in each requirement.
//
// The endpoint is a [sql.DB] of any driver, which the host picks; it must allow two connections at once, and its user must
// be allowed to create tables and views. Triggers and stored routines are left out: there hardly any database follows the
// standard's syntax.
package sqlsuite
