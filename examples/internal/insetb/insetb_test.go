package insetb_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/examples/internal/insetb"
	"github.com/openintercloud/broker/sky"
)

func TestPricesAndJobFit(t *testing.T) {
	t.Parallel()
	prices, err := insetb.Prices()
	require.NoError(t, err)
	broker, err := sky.New(sky.Config{Catalog: prices})
	require.NoError(t, err)
	plan, err := broker.Plan(t.Context(), insetb.Job())
	require.NoError(t, err)
	require.Equal(t, "$40.4392", plan.Cost.Round(4))
	plan, err = broker.Plan(t.Context(), insetb.Job(sky.On("t4:1").Image("bert-cuda:1").Takes(45*time.Hour)))
	require.NoError(t, err)
	require.Equal(t, "$34.0492", plan.Cost.Round(4), "another way to train, slow and cheap")
	require.NoError(t, broker.Close())
}
