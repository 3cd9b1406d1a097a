package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInset(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(&out))
	for _, want := range []string{
		"Chosen clouds: azure sgx → gcp tpu-v3-8 → aws inferentia",
		"azure alone, ours         10.8                 105   exactly $104.97024",
		"sky, ours           5.7 (−47 %)           40 (−61 %)   exactly $40.43918, 5.740244 h",
		"proc   azure  sgx          0.60    0.8010", "train  gcp    tpu-v3-8     4.00   39.2400", "infer  aws    inferentia   1.11    0.2975",
		"moving                     0.03    0.1007",
		"no TPU is offered                 $92.5072  azure sgx → gcp v100x4 → aws inferentia",
		"gcp is forbidden                 $103.9241  azure sgx → azure v100x4 → aws inferentia",
		"egress costs 100 times as much    $50.0977  azure sgx → gcp tpu-v3-8 → gcp t4",
	} {
		require.Contains(t, out.String(), want, out.String())
	}
}
