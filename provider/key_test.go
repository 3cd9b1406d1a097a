package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
)

// facts are the arguments of AllocationKey.
type facts struct {
	run, stage, offering, spec string
	attempt                    int
	place                      catalog.Place
	market                     catalog.Market
}

func (f facts) key() string {
	return provider.AllocationKey(f.run, f.stage, f.attempt, f.place, f.offering, f.market, f.spec)
}

func drawFacts(t *rapid.T, label string) facts {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("ab/1 é\x00")), 0, 4, -1)
	return facts{
		run: word.Draw(t, label+"run"), stage: word.Draw(t, label+"stage"), offering: word.Draw(t, label+"offering"),
		spec: word.Draw(t, label+"spec"), attempt: rapid.IntRange(0, 20).Draw(t, label+"attempt"),
		place:  catalog.Place{Cloud: rapid.SampledFrom([]string{"aws", "gcp"}).Draw(t, label+"cloud"), Region: "r"},
		market: rapid.SampledFrom([]catalog.Market{catalog.OnDemand, catalog.Spot}).Draw(t, label+"market"),
	}
}

func TestAllocationKeyIsInjective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawFacts(t, "a "), drawFacts(t, "b ")
		require.Equal(t, a.key(), a.key())
		require.Equal(t, a == b, a.key() == b.key(), "%+v and %+v", a, b)
	})
}

func TestKeysFitEveryCloud(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	rapid.Check(t, func(t *rapid.T) {
		f := drawFacts(t, "")
		f.run += rapid.String().Draw(t, "any text")
		for _, key := range []string{f.key(), provider.TaskKey(f.run, f.stage, f.attempt, provider.Exec, 1)} {
			// The narrowest rules: 63 letters, digits and dashes after a letter (GCE names and request labels, Kubernetes
			// names, Azure virtual machines), 64 ASCII characters (EC2 client tokens), no dots or case (host names).
			require.Len(t, key, 26)
			require.Regexp(t, name, key)
		}
	})
}

// A key is stored in journals and in clouds: it must stay the same in all later versions.
func TestKeysAreFrozen(t *testing.T) {
	t.Parallel()
	place := catalog.Place{Cloud: "aws", Region: "us-east-1", Zone: "us-east-1a"}
	require.Equal(t, "kdtxhfqsbzfmiw32tj4yotxddm", provider.AllocationKey("run", "train", 1, place, "offer", catalog.Spot, "spec"))
	require.Equal(t, "kgbfmxddvlwse5xpqhocu6ui2l", provider.TaskKey("run", "train", 1, provider.Exec, 0))
}

func TestTaskKeysDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for attempt := range 4 {
		for _, kind := range []provider.Kind{provider.Exec, provider.Copy, provider.Relay, provider.Serve} {
			for n := range 12 {
				for _, name := range []string{"a/b", "ab/", "/ab"} {
					run, stage, _ := strings.Cut(name, "/")
					what := fmt.Sprint(run, ",", stage, attempt, kind, n)
					key := provider.TaskKey(run, stage, attempt, kind, n)
					require.Empty(t, seen[key], "%s has the key of %s", what, seen[key])
					seen[key] = what
				}
			}
		}
	}
	require.Len(t, seen, 4*4*12*3)
}

func TestTaskKeyIsNoAllocationKey(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, provider.TaskKey("r", "s", 1, "", 0), provider.AllocationKey("r", "s", 1, catalog.Place{}, "0", "", ""))
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"raw": "RAW", "clean reviews": "CLEAN_REVIEWS", "model.v2": "MODEL_V2", "Größe": "GR__E", "": "", "A-1_b": "A_1_B",
	} {
		require.Equal(t, "SKY_IN_"+want, provider.InputVariable(name))
		require.Equal(t, "SKY_OUT_"+want, provider.OutputVariable(name))
	}
}

func FuzzVariable(f *testing.F) {
	for _, seed := range []string{"raw", "clean reviews", "é", "\xff", "=", "a\nb"} {
		f.Add(seed)
	}
	valid := regexp.MustCompile(`^SKY_IN_[A-Z0-9_]*$`)
	f.Fuzz(func(t *testing.T, name string) {
		if got := provider.InputVariable(name); !valid.MatchString(got) {
			t.Fatalf("InputVariable(%q) = %q is no name of a shell variable", name, got)
		}
	})
}
