package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the host that the example kills.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "host" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestResume(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(context.Background(), &out))
	require.Contains(t, out.String(), "Resumed: run succeeded.")
	require.Equal(t, 4, strings.Count(out.String(), "attempts: 1, times run: 1"), "nothing was repeated:\n%s", out.String())
	require.Contains(t, out.String(), "Allocations left: 0")
}
