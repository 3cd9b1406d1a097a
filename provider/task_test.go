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

func TestSameRequest(t *testing.T) {
	t.Parallel()
	place := catalog.Place{Cloud: "aws", Region: "eu-west-1"}
	req := provider.Request{
		Key: "k", Owner: "me", Place: place, Offering: catalog.Offering{ID: "m5", Service: "vm", Place: place},
		Market: catalog.Spot, Nodes: 2, Image: "debian", Epoch: 1,
	}
	for what, change := range map[string]func(*provider.Request){
		"owner":    func(r *provider.Request) { r.Owner = "you" },
		"place":    func(r *provider.Request) { r.Place.Zone = "a" },
		"offering": func(r *provider.Request) { r.Offering.ID = "m6" },
		"service":  func(r *provider.Request) { r.Offering.Service = "spark" },
		"market":   func(r *provider.Request) { r.Market = catalog.OnDemand },
		"nodes":    func(r *provider.Request) { r.Nodes++ },
		"image":    func(r *provider.Request) { r.Image = "" },
	} {
		other := req
		change(&other)
		require.False(t, req.Same(other), what)
		require.False(t, other.Same(req), what)
	}
	later := req
	later.Epoch, later.Until, later.IssuedAt, later.Labels = 2, time.Unix(9, 0), time.Unix(1, 0), map[string]string{"a": "b"}
	later.Offering.Price++
	require.True(t, req.Same(later))
}
