package sqlsuite

import (
	"database/sql"

	"github.com/openintercloud/broker/catalog/verify"
)

// functions is what can be computed from values.
func functions() []verify.Check[*sql.DB] {
	return []verify.Check[*sql.DB]{
		script("strings", "SUBSTRING, POSITION, TRIM and CHARACTER_LENGTH in the standard's words (E021)",
			rows("SELECT SUBSTRING('abcdef' FROM 2 FOR 3), CHARACTER_LENGTH('abc')", "bcd 3"),
			rows("SELECT POSITION('c' IN 'abc'), TRIM(BOTH 'x' FROM 'xxaxx'), UPPER('a') || LOWER('B')", "3 a Ab")),
		script("characters", "text keeps characters beyond ASCII and counts them, not bytes (F690)", do(createA),
			do("INSERT INTO {a} (k, name) VALUES (1, '\u00e4\u4e2d\U0001F600')"),
			rows("SELECT name FROM {a} WHERE name = '\u00e4\u4e2d\U0001F600'", "\u00e4\u4e2d\U0001F600"),
			rows("SELECT k FROM {a} WHERE name LIKE '\u00e4__'", "1")),
		script("like", "LIKE tells capital letters from small ones, and ESCAPE takes a wildcard as it is (E061-04, E061-05)", do(createA),
			do("INSERT INTO {a} (k, name) VALUES (1, 'abc'), (2, 'ABC'), (3, 'a%c')"),
			rows("SELECT k FROM {a} WHERE name LIKE 'a_c' ORDER BY k", "1; 3"),
			rows("SELECT k FROM {a} WHERE name LIKE 'a!%c' ESCAPE '!'", "3")),
		script("dates", "dates, intervals and EXTRACT (F051, F052)", do("CREATE TABLE {a} (d DATE)"),
			do("INSERT INTO {a} (d) VALUES (DATE '2008-02-28')"),
			rows("SELECT EXTRACT(DAY FROM d + INTERVAL '1' DAY), EXTRACT(DAY FROM d + INTERVAL '2' DAY) FROM {a}", "29 1"),
			rows("SELECT COUNT(*) FROM {a} WHERE d < CURRENT_DATE", "1")),
		script("decimals", "DECIMAL is exact: 0.1 + 0.2 = 0.3 (E011)", do("CREATE TABLE {a} (x DECIMAL(10, 2), y DECIMAL(10, 2), z DECIMAL(10, 2))"),
			do("INSERT INTO {a} (x, y, z) VALUES (0.10, 0.20, 0.30)"),
			rows("SELECT COUNT(*) FROM {a} WHERE x + y = z", "1")),
		script("division", "division by zero is an error, not a value (E011-05, 22012)", do(createB), do("INSERT INTO {b} (k, n) VALUES (1, 0)"),
			rows("SELECT n / k FROM {b}", "0"), refusedQuery("SELECT k / n FROM {b}")),
		script("casts", "a text that is no number is refused where a number is asked for (F201)",
			rows("SELECT CAST('42' AS INTEGER) + 1", "43"),
			refusedQuery("SELECT CAST('abc' AS INTEGER)")),
	}
}
