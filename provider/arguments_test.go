package provider_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/provider"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	task := provider.Task{
		Argv:    []string{"filter", "--in={in.raw}/x", "{out.clean}", "{in.clean}", "{in.}", "{in.raw}{in.raw}", ""},
		Inputs:  []provider.Data{{Name: "raw", Variable: "SKY_IN_RAW"}},
		Outputs: []provider.Data{{Name: "clean", Variable: "SKY_OUT_CLEAN"}},
	}
	paths := map[string]string{"SKY_IN_RAW": "/a {out.clean}", "SKY_OUT_CLEAN": "/b"}
	require.Equal(t, []string{
		"filter", "--in=/a {out.clean}/x", "/b", "{in.clean}", "{in.}", "/a {out.clean}/a {out.clean}", "",
	}, task.Arguments(paths), "a path is not read again")
	require.Empty(t, provider.Task{}.Arguments(nil))
}
