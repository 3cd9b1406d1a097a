package s3suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/catalog/verify"
)

const stranger = `"00000000000000000000000000000000"` // the ETag of nothing

func ifAbsent(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }

func ifMatch(etag string) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.IfMatch = &etag }
}

// conditions is what makes writes safe to race.
func conditions() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("read-if-match", "a read on the condition of an ETag never gives another version", func(ctx context.Context, s *store) error {
			etag, err := s.put(ctx, "x", "one")
			if err != nil {
				return err
			}
			if _, _, err := s.get(ctx, "x", func(in *s3.GetObjectInput) { in.IfMatch = &etag }); err != nil {
				return err
			}
			_, _, err = s.get(ctx, "x", func(in *s3.GetObjectInput) { in.IfMatch = aws.String(stranger) })
			if err := s.refused(err, http.StatusPreconditionFailed); err != nil {
				return err
			}
			_, _, err = s.get(ctx, "x", func(in *s3.GetObjectInput) { in.IfNoneMatch = &etag })
			return s.refused(err, http.StatusNotModified)
		}),
		check("write-if-absent", "a write on the condition that nothing is there never overwrites", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "one", ifAbsent); err != nil {
				return err
			}
			_, err := s.put(ctx, "x", "two", ifAbsent)
			return errors.Join(s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed"), s.holds(ctx, "x", "one"))
		}),
		check("write-if-match", "a write on the condition of an ETag never overwrites another version", func(ctx context.Context, s *store) error {
			etag, err := s.put(ctx, "x", "one")
			if err != nil {
				return err
			}
			if _, err := s.put(ctx, "x", "two", ifMatch(etag)); err != nil {
				return err
			}
			_, err = s.put(ctx, "x", "three", ifMatch(etag))
			return errors.Join(s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed"), s.holds(ctx, "x", "two"))
		}),
		check("race", "of many that create the same object at once on the condition that nothing is there, one succeeds", race),
		check("delete-if-match", "a delete on the condition of an ETag never deletes another version", func(ctx context.Context, s *store) error {
			etag, err := s.put(ctx, "x", "one")
			if err != nil {
				return err
			}
			in := &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.key("x"), IfMatch: aws.String(stranger)}
			_, err = s.DeleteObject(ctx, in)
			if err := errors.Join(s.refused(err, http.StatusPreconditionFailed, "PreconditionFailed"), s.holds(ctx, "x", "one")); err != nil {
				return err
			}
			in.IfMatch = &etag
			_, err = s.DeleteObject(ctx, in)
			return errors.Join(err, s.absent(ctx, "x"))
		}),
	}
}

func race(ctx context.Context, s *store) error {
	const racers = 8
	var won [racers]bool
	var errs [racers]error
	var wait sync.WaitGroup
	for i := range racers {
		wait.Go(func() {
			_, err := s.put(ctx, "x", fmt.Sprint(i), ifAbsent)
			won[i] = err == nil
			if err != nil && s.refused(err, http.StatusConflict) != nil { // "try again" is a refusal too
				errs[i] = s.refused(err, http.StatusPreconditionFailed)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	winners := 0
	for i, ok := range won {
		if ok {
			winners++
			errs[i] = s.holds(ctx, "x", fmt.Sprint(i))
		}
	}
	if winners != 1 {
		return fmt.Errorf("%d of %d succeeded, want 1", winners, racers)
	}
	return errors.Join(errs[:]...)
}
