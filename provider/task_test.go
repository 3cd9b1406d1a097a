package provider_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/secret"
)

func TestHandleIsKnownBeforeTheCall(t *testing.T) {
	t.Parallel()
	req := provider.Request{
		Key: "k", Place: catalog.Place{Cloud: "aws", Region: "eu-west-1"},
		Offering: catalog.Offering{Service: "vm"}, IssuedAt: time.Unix(1, 0).UTC(),
	}
	require.Equal(t, provider.Handle{Key: "k", Place: req.Place, Service: "vm", IssuedAt: req.IssuedAt}, req.Handle())
}

func TestHandlesAndRefsRoundTrip(t *testing.T) {
	t.Parallel()
	want := provider.Ref{TaskKey: "t", Handle: provider.Handle{
		Key: "k", Place: catalog.Place{Cloud: "aws", Region: "eu-west-1", Zone: "a"}, Service: "vm", ID: "i-1", IssuedAt: time.Unix(1, 5).UTC(),
	}}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got provider.Ref
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
}

func TestTasksDoNotStoreSecrets(t *testing.T) {
	t.Parallel()
	task := provider.Task{Key: "t", Kind: provider.Exec, Secrets: map[string]secret.Secret{"TOKEN": secret.New("hunter2")}}
	text, err := json.Marshal(task)
	require.NoError(t, err)
	require.NotContains(t, string(text), "TOKEN")
	require.NotContains(t, fmt.Sprintf("%s %v %+v %#v", text, task, task, task), "hunter2")
	var back provider.Task
	require.NoError(t, json.Unmarshal(text, &back))
	require.Nil(t, back.Secrets)
}
