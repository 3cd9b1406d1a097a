package sqlsuite

import (
	"database/sql"

	"github.com/openintercloud/broker/catalog/verify"
)

// createA and fillA make a table of three rows, createB and fillB another whose k meets two of them.
const (
	createA = "CREATE TABLE {a} (k INTEGER NOT NULL, name VARCHAR(10), g INTEGER)"
	fillA   = "INSERT INTO {a} (k, name, g) VALUES (1, 'x', 1), (2, 'y', 1), (3, 'z', 2)"
	createB = "CREATE TABLE {b} (k INTEGER, n INTEGER)"
	fillB   = "INSERT INTO {b} (k, n) VALUES (2, 20), (3, 30), (4, 40)"
)

// queries is what SELECT can do.
func queries() []verify.Check[*sql.DB] {
	return []verify.Check[*sql.DB]{
		script("joins", "inner, left, right and full outer joins match rows by their keys (F041, F401)", do(createA), do(fillA), do(createB), do(fillB),
			rows("SELECT {a}.k, n FROM {a} INNER JOIN {b} ON {a}.k = {b}.k ORDER BY 1", "2 20; 3 30"),
			rows("SELECT {a}.k, n FROM {a} LEFT OUTER JOIN {b} ON {a}.k = {b}.k ORDER BY 1", "1 -; 2 20; 3 30"),
			rows("SELECT {b}.k, name FROM {a} RIGHT OUTER JOIN {b} ON {a}.k = {b}.k ORDER BY 1", "2 y; 3 z; 4 -"),
			rows("SELECT COALESCE({a}.k, {b}.k), n FROM {a} FULL OUTER JOIN {b} ON {a}.k = {b}.k ORDER BY 1", "1 -; 2 20; 3 30; 4 40"),
			rows("SELECT k, name, n FROM {a} JOIN {b} USING (k) ORDER BY 1", "2 y 20; 3 z 30"),
			rows("SELECT COUNT(*) FROM {a} CROSS JOIN {b}", "9")),
		script("set-operations", "UNION, UNION ALL, EXCEPT and INTERSECT keep to sets (E071)", do(createA), do(fillA), do(createB), do(fillB),
			rows("SELECT k FROM {a} UNION SELECT k FROM {b} ORDER BY 1", "1; 2; 3; 4"),
			rows("SELECT COUNT(*) FROM (SELECT k FROM {a} UNION ALL SELECT k FROM {b}) t", "6"),
			rows("SELECT k FROM {a} EXCEPT SELECT k FROM {b} ORDER BY 1", "1"),
			rows("SELECT k FROM {a} INTERSECT SELECT k FROM {b} ORDER BY 1", "2; 3")),
		script("multisets", "EXCEPT ALL and INTERSECT ALL count duplicates (F304)", do(createA), do(fillA),
			rows("SELECT g FROM {a} EXCEPT ALL SELECT 1 FROM {a} WHERE k = 1 ORDER BY 1", "1; 2"),
			rows("SELECT g FROM {a} INTERSECT ALL SELECT g FROM {a} ORDER BY 1", "1; 1; 2")),
		script("subqueries", "subqueries may refer to the query around them (E061)", do(createA), do(fillA), do(createB), do(fillB),
			rows("SELECT k FROM {a} WHERE EXISTS (SELECT 1 FROM {b} WHERE {b}.k = {a}.k) ORDER BY 1", "2; 3"),
			rows("SELECT k FROM {a} WHERE k IN (SELECT k FROM {b}) ORDER BY 1", "2; 3"),
			rows("SELECT k, (SELECT n FROM {b} WHERE {b}.k = {a}.k) FROM {a} ORDER BY 1", "1 -; 2 20; 3 30")),
		script("quantified", "a value can be compared with all or any of a subquery (E061-07)", do(createA), do(fillA), do(createB), do(fillB),
			rows("SELECT k FROM {a} WHERE k >= ALL (SELECT k FROM {a}) ORDER BY 1", "3"),
			rows("SELECT k FROM {b} WHERE k > ANY (SELECT k FROM {a}) ORDER BY 1", "2; 3; 4")),
		script("scalar-subquery", "a subquery used as a value and returning two rows is an error (E061-01, 21000)", do(createA), do(fillA),
			rows("SELECT (SELECT k FROM {a} WHERE g = 2) FROM {a}", "3; 3; 3"), refusedQuery("SELECT (SELECT k FROM {a} WHERE g = 1) FROM {a}")),
		script("nulls", "NULL is neither equal nor unequal to anything (E131, F261)", do(createA), do("INSERT INTO {a} (k, name) VALUES (1, 'x'), (2, NULL)"),
			rows("SELECT COUNT(*) FROM {a} WHERE name = NULL OR name <> NULL", "0"),
			rows("SELECT COUNT(*) FROM {a} WHERE k NOT IN (3, NULL)", "0"),
			rows("SELECT COUNT(*), COUNT(name) FROM {a}", "2 1"),
			rows("SELECT CASE WHEN name IS NULL THEN 'none' ELSE name END, COALESCE(name, 'c'), NULLIF(k, 1) FROM {a} ORDER BY k", "x x -; none c 2")),
		script("grouping", "GROUP BY, HAVING and aggregates over distinct values (E051, E091)", do(createA), do(fillA),
			rows("SELECT g, COUNT(*), MIN(k), MAX(k), SUM(k) FROM {a} GROUP BY g ORDER BY g", "1 2 1 2 3; 2 1 3 3 3"),
			rows("SELECT g FROM {a} GROUP BY g HAVING COUNT(*) > 1", "1"),
			rows("SELECT COUNT(DISTINCT g) FROM {a}", "2")),
		script("grouping-strict", "a column that is neither grouped nor aggregated is refused (E051)", do(createA), do(fillA),
			refusedQuery("SELECT g, name FROM {a} GROUP BY g")),
		script("rollup", "ROLLUP and GROUPING SETS add subtotals (T431)", do(createA), do(fillA),
			rows("SELECT COALESCE(g, 0), COUNT(*) FROM {a} GROUP BY ROLLUP (g) ORDER BY 1", "0 3; 1 2; 2 1"),
			rows("SELECT COALESCE(g, 0), COUNT(*) FROM {a} GROUP BY GROUPING SETS ((g), ()) ORDER BY 1", "0 3; 1 2; 2 1")),
		script("recursive", "WITH RECURSIVE follows a graph to its end (T131)", do(createB), do("INSERT INTO {b} (k, n) VALUES (1, 2), (2, 3), (3, 4), (9, 1)"),
			rows("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT {b}.n FROM {b} JOIN r ON {b}.k = r.n) SELECT n FROM r ORDER BY n", "1; 2; 3; 4")),
		script("windows", "ranks and running sums by window (T611, T612)", do(createA), do(fillA),
			rows("SELECT k, ROW_NUMBER() OVER (PARTITION BY g ORDER BY k DESC), RANK() OVER (ORDER BY g) FROM {a} ORDER BY k", "1 2 1; 2 1 1; 3 1 3"),
			rows("SELECT k, SUM(k) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM {a} ORDER BY k", "1 1; 2 3; 3 5")),
		script("fetch-first", "FETCH FIRST n ROWS ONLY limits what is returned, also in a subquery (F856, F857)", do(createA), do(fillA),
			rows("SELECT k FROM {a} ORDER BY k FETCH FIRST 2 ROWS ONLY", "1; 2"),
			rows("SELECT k FROM {a} ORDER BY k OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY", "2"),
			rows("SELECT COUNT(*) FROM (SELECT k FROM {a} ORDER BY k FETCH FIRST ROW ONLY) t", "1")),
		script("order-nulls", "NULLS FIRST and NULLS LAST say where NULLs are sorted (T611)", do(createB), do("INSERT INTO {b} (k, n) VALUES (1, NULL), (2, 7)"),
			rows("SELECT k FROM {b} ORDER BY n NULLS FIRST", "1; 2"), rows("SELECT k FROM {b} ORDER BY n NULLS LAST", "2; 1")),
		script("row-values", "rows can be compared and given as a table (F641, T051)", do(createB), do(fillB),
			rows("SELECT n FROM {b} WHERE (k, n) = (2, 20)", "20"),
			rows("SELECT COUNT(*) FROM (VALUES (1, 'x'), (2, 'y')) t", "2")),
	}
}
