package sky

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/internal/engine"
)

// FuzzPlanJSON reads plans as strangers may have changed them: what passes the check can be handed to the engine.
func FuzzPlanJSON(f *testing.F) {
	j := NewJob("two")
	raw := j.Dataset("raw", "s3://b/", 1*GB).At("aws/us-east-1")
	first := j.Stage("first").Script("x").Reads(raw).Writes("out", 1*GB)
	j.Stage("second").Script("x").Reads(first.Output("out"))
	place := func(cloud string) PlannedStage {
		s := PlannedStage{Name: "first", Nodes: 1}
		s.Offering.ID, s.Offering.Place.Cloud, s.Offering.Place.Region = "x", cloud, "r"
		return s
	}
	p := Plan{Version: planVersion, Job: j, Stages: []PlannedStage{place("aws"), place("gcp")}}
	p.Stages[1].Name = "second"
	there, away := p.Stages[0].Offering.Place, p.Stages[1].Offering.Place
	p.Routes = []Route{
		{Artifact: "raw", From: there, To: there, Kind: InPlace, Consumers: []string{"first"}},
		{Artifact: "first/out", From: there, To: away, Kind: Direct, Bytes: 1 * GB, Consumers: []string{"second"}},
	}
	require.NoError(f, p.check())
	text, err := json.Marshal(p)
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"version":1,"job":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Plan
		if json.Unmarshal(text, &p) != nil || p.check() != nil {
			return
		}
		_, err := lowerPlan(&p, nil)
		require.NoError(t, err)
		spec := lowerSpec(&p, "run", engine.Rules{})
		require.Len(t, spec.Stages, len(p.Stages))
	})
}
