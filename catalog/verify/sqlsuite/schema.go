package sqlsuite

import (
	"database/sql"

	"github.com/openintercloud/broker/catalog/verify"
)

// schema is what tables promise about what is in them.
func schema() []verify.Check[*sql.DB] {
	return []verify.Check[*sql.DB]{
		script("types", "a column takes only values of its type (E011, F051)", do("CREATE TABLE {a} (n INTEGER, d DATE)"),
			do("INSERT INTO {a} (n, d) VALUES (1, '2008-02-29')"),
			refused("INSERT INTO {a} (n) VALUES ('abc')"), refused("INSERT INTO {a} (d) VALUES ('2008-02-30')")),
		script("lengths", "a text longer than its column is refused, not cut or kept (E021-02)", do("CREATE TABLE {a} (s VARCHAR(3))"),
			do("INSERT INTO {a} (s) VALUES ('abc')"), refused("INSERT INTO {a} (s) VALUES ('abcd')")),
		script("not-null", "NOT NULL and DEFAULT hold (E141-01, E141-07)", do("CREATE TABLE {a} (n INTEGER NOT NULL, m INTEGER DEFAULT 7)"),
			refused("INSERT INTO {a} (n) VALUES (NULL)"), do("INSERT INTO {a} (n) VALUES (1)"), rows("SELECT n, m FROM {a}", "1 7")),
		script("keys", "PRIMARY KEY and UNIQUE hold, and NULLs are not duplicates (E141-02, E141-03)",
			do("CREATE TABLE {a} (k INTEGER NOT NULL PRIMARY KEY, u INTEGER UNIQUE)"),
			do("INSERT INTO {a} (k, u) VALUES (1, 1)"), refused("INSERT INTO {a} (k, u) VALUES (1, 2)"),
			refused("INSERT INTO {a} (k, u) VALUES (2, 1)"), do("INSERT INTO {a} (k, u) VALUES (3, NULL), (4, NULL)"),
			rows("SELECT COUNT(*) FROM {a}", "3")),
		script("check-constraints", "CHECK holds for inserts and updates, and lets NULL pass (E141-06)",
			do("CREATE TABLE {a} (n INTEGER CHECK (n > 0))"), do("INSERT INTO {a} (n) VALUES (1), (NULL)"),
			refused("INSERT INTO {a} (n) VALUES (0)"), refused("UPDATE {a} SET n = -1 WHERE n = 1"),
			rows("SELECT n FROM {a} ORDER BY n NULLS LAST", "1; -")),
		script("foreign-keys", "REFERENCES holds, and ON DELETE CASCADE deletes (E141-04, F701)",
			do("CREATE TABLE {a} (k INTEGER NOT NULL PRIMARY KEY)"),
			do("CREATE TABLE {b} (k INTEGER REFERENCES {a} (k) ON DELETE CASCADE)"),
			do("INSERT INTO {a} (k) VALUES (1), (2)"), do("INSERT INTO {b} (k) VALUES (1), (NULL)"),
			refused("INSERT INTO {b} (k) VALUES (9)"), do("DELETE FROM {a} WHERE k = 1"), rows("SELECT COUNT(*) FROM {b}", "1")),
		script("identity", "GENERATED ALWAYS AS IDENTITY counts by itself and takes no value (T174)",
			do("CREATE TABLE {a} (k INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n INTEGER)"),
			do("INSERT INTO {a} (n) VALUES (7), (8)"), refused("INSERT INTO {a} (k, n) VALUES (5, 9)"),
			rows("SELECT COUNT(DISTINCT k) FROM {a}", "2")),
		script("views", "a view shows what its tables hold now (F031-02)", do(createA), do("CREATE VIEW {v} (n) AS SELECT k FROM {a} WHERE g = 1"), do(fillA),
			rows("SELECT n FROM {v} ORDER BY n", "1; 2")),
		script("view-updates", "a simple view can be written through, and WITH CHECK OPTION refuses what it would not show (E153, F311-04)",
			do(createA), do("CREATE VIEW {v} AS SELECT k, g FROM {a} WHERE g = 1 WITH CHECK OPTION"),
			do("INSERT INTO {v} (k, g) VALUES (5, 1)"), refused("INSERT INTO {v} (k, g) VALUES (6, 2)"), rows("SELECT k FROM {a}", "5")),
		script("alter", "columns can be added with a default (F031-04)", do(createB), do(fillB), do("ALTER TABLE {b} ADD COLUMN m INTEGER DEFAULT 5"),
			rows("SELECT k, m FROM {b} ORDER BY k", "2 5; 3 5; 4 5")),
		script("information-schema", "the tables and columns are described in INFORMATION_SCHEMA (F021)", do(createB),
			rows("SELECT column_name FROM information_schema.columns WHERE UPPER(table_name) = UPPER('{b}') ORDER BY ordinal_position", "k; n")),
	}
}
