package ranged_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/transfer/internal/ranged"
)

func FuzzFirstByte(f *testing.F) {
	for _, seed := range []string{"bytes 5-9/100", "bytes */100", "", "bytes 99999999999999999999-1/2", "items 1-2/3", "5-9/100"} {
		f.Add(seed, int64(7))
	}
	f.Fuzz(func(t *testing.T, text string, first int64) {
		if n := ranged.FirstByte(text); n != -1 {
			require.GreaterOrEqual(t, n, int64(0))
			require.True(t, strings.HasPrefix(text, "bytes "), text)
		}
		if first >= 0 {
			require.Equal(t, first, ranged.FirstByte(fmt.Sprintf("bytes %d-%d/*", first, first)))
		}
	})
}
