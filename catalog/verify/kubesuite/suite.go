package kubesuite

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/openintercloud/broker/catalog/verify"
)

// limit is how long a check may take: images are fetched, and a failed pod is tried again after ten seconds.
const limit = 3 * time.Minute

// Suite is the checks. They take about a minute on a cluster that is free.
func Suite() verify.Suite[Endpoint] {
	return verify.Suite[Endpoint]{
		Name: "kubernetes-jobs", Version: "1.0", Service: "kubernetes",
		Ready: func(ctx context.Context, e Endpoint) error {
			return e.call(ctx, http.MethodGet, e.jobs()+"?limit=1", nil, nil)
		},
		Checks: slices.Concat(running(), ending(), removing(), storing()),
	}
}

func check(name, requirement string, run func(ctx context.Context, c cluster) error) verify.Check[Endpoint] {
	return verify.Check[Endpoint]{
		Name: name, Requirement: requirement, Limit: limit,
		Run: func(ctx context.Context, t *verify.Trial, e Endpoint) error { return run(ctx, cluster{e, t}) },
	}
}
