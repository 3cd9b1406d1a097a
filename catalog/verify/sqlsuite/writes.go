package sqlsuite

import (
	"database/sql"

	"github.com/openintercloud/broker/catalog/verify"
)

// writes is how rows are changed.
func writes() []verify.Check[*sql.DB] {
	return []verify.Check[*sql.DB]{
		script("updates", "UPDATE and DELETE change the rows they name, seeing them as they were before (E101)", do(createB), do(fillB),
			do("UPDATE {b} SET k = n, n = k WHERE k < 4"), rows("SELECT k, n FROM {b} ORDER BY n", "20 2; 30 3; 4 40"),
			do("DELETE FROM {b} WHERE n IN (SELECT MAX(n) FROM {b})"), rows("SELECT COUNT(*) FROM {b}", "2")),
		script("insert-select", "INSERT takes the rows of a query, of its own table too (E101-01, F561)", do(createB), do(fillB),
			do("INSERT INTO {b} (k, n) SELECT k + 10, n FROM {b}"), rows("SELECT COUNT(*), MAX(k) FROM {b}", "6 14")),
		script("merge", "MERGE updates what is there and inserts what is not, in one statement (F312)", do(createB), do(fillB),
			do("MERGE INTO {b} AS t USING (VALUES (2, 21), (5, 50)) AS s (k, n) ON t.k = s.k "+
				"WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, s.n)"),
			rows("SELECT k, n FROM {b} ORDER BY k", "2 21; 3 30; 4 40; 5 50")),
		script("truncate", "TRUNCATE TABLE empties a table (F200)", do(createB), do(fillB), do("TRUNCATE TABLE {b}"), rows("SELECT COUNT(*) FROM {b}", "0")),
		script("atomic-statement", "a statement that fails at its last row has changed none (E141)",
			do("CREATE TABLE {a} (k INTEGER NOT NULL PRIMARY KEY)"),
			refused("INSERT INTO {a} (k) VALUES (1), (2), (1)"), rows("SELECT COUNT(*) FROM {a}", "0")),
	}
}
