package s3suite

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/catalog/verify"
)

// Endpoint is a store to check. It is safe for concurrent use.
type Endpoint struct {
	Client *s3.Client
	Bucket string // an existing one, in which objects may be created and deleted, each check's under a prefix of its own
}

// Suite is the checks. They move about 100 MB.
func Suite() verify.Suite[Endpoint] {
	return verify.Suite[Endpoint]{
		Name: "s3-api", Version: "1.0", Service: "s3",
		Ready: func(ctx context.Context, e Endpoint) error {
			_, err := e.Client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &e.Bucket})
			return err
		},
		Checks: slices.Concat(objects(), listings(), conditions(), integrity(), signatures(), parts(), copies()),
	}
}

func check(name, requirement string, run func(ctx context.Context, s *store) error) verify.Check[Endpoint] {
	return verify.Check[Endpoint]{Name: name, Requirement: requirement, Run: func(ctx context.Context, t *verify.Trial, e Endpoint) error {
		s := &store{Client: e.Client, bucket: e.Bucket, prefix: t.Name() + "/"}
		t.Cleanup(s.clear)
		return run(ctx, s)
	}}
}
