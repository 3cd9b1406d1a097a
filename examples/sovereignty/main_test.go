package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSovereignty(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	stories := strings.Split(strings.TrimSpace(out.String()), "\n\n")
	require.Len(t, stories, 7, out.String())
	for i, want := range [][]string{
		{"goes to aws/eu-central-1 in Frankfurt (DE)", "the law of US binds its operator", "not azure: fails rule in DE"},
		{"goes to ovh/limburg in Limburg (DE)", "the law of FR", "not aws: fails rule operator EU (the law of US binds its operator)"},
		{"goes to aws/ca-central-1 in Montreal (CA)", "the law of US binds its operator", "not maple/toronto: adds $1.50 to the plan"},
		{"goes to maple/toronto in Toronto (CA)", "not aws: fails rule operator CA (the law of US binds its operator)", "not ovh: fails rule in CA"},
		{"goes to azure/canadawest in Vancouver (CA)", "not aws: fails rule near 49.28, -123.12, 40ms (the nearest left is aws/ca-central-1, 65.7ms away)"},
		{"goes to aws/ca-west-1 in Calgary (CA), $4.20", "not azure/canadawest: adds $0.50 to the plan"},
		{
			"cannot be done", "(the nearest left is azure/canadacentral, 60.1ms away)", "not ovh: fails rule in CA",
			"would help: stage \"serve\": without \"rule near 49.28, -123.12, 40ms\"",
		},
	} {
		for _, text := range want {
			require.Contains(t, stories[i], text)
		}
	}
}
