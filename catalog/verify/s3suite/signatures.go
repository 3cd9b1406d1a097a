package s3suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/catalog/verify"
)

// signatures is who is let in.
func signatures() []verify.Check[Endpoint] {
	return []verify.Check[Endpoint]{
		check("wrong-secret", "a request signed with another secret is refused", func(ctx context.Context, s *store) error {
			return strangers(ctx, s, func(c aws.Credentials) aws.Credentials {
				c.SecretAccessKey = "x" + c.SecretAccessKey
				return c
			}, "SignatureDoesNotMatch")
		}),
		check("unknown-key", "a request of an unknown access key is refused", func(ctx context.Context, s *store) error {
			return strangers(ctx, s, func(c aws.Credentials) aws.Credentials {
				c.AccessKeyID = "AKIA0000000000000000"
				return c
			}, "InvalidAccessKeyId")
		}),
		check("anonymous", "a request without a signature is refused in a private bucket", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "body"); err != nil {
				return err
			}
			link, err := s.link(ctx)
			if err != nil {
				return err
			}
			link.RawQuery = ""
			return s.visit(ctx, link, http.StatusForbidden)
		}),
		check("presigned", "a presigned link gives its object and, when it is changed, nothing", presigned),
		check("expired", "a presigned link gives nothing once its time is over", func(ctx context.Context, s *store) error {
			if _, err := s.put(ctx, "x", "body"); err != nil {
				return err
			}
			link, err := s.link(ctx)
			if err != nil {
				return err
			}
			link.RawQuery = url.Values{"X-Amz-Expires": {"60"}}.Encode()
			old, err := s.presign(ctx, link, time.Now().Add(-time.Hour))
			if err != nil {
				return err
			}
			link.RawQuery = url.Values{"X-Amz-Expires": {"600"}}.Encode()
			fresh, err := s.presign(ctx, link, time.Now())
			if err != nil {
				return err
			}
			return errors.Join(s.visit(ctx, fresh, http.StatusOK), s.visit(ctx, old, http.StatusForbidden))
		}),
		check("changed-body", "a write whose bytes are not the ones that were signed is refused and stores nothing", changedBody),
	}
}

// strangers writes with other credentials.
func strangers(ctx context.Context, s *store, other func(aws.Credentials) aws.Credentials, code string) error {
	own, err := s.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	was, stranger := s.Options(), *s
	// A client of its own, not a changed one: the SDK's signer keeps what it derived from the secret of an access key.
	stranger.Client = s3.New(s3.Options{
		BaseEndpoint: was.BaseEndpoint, EndpointResolverV2: was.EndpointResolverV2, Region: was.Region, UsePathStyle: was.UsePathStyle,
		HTTPClient: was.HTTPClient, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return other(own), nil }),
	})
	_, err = stranger.put(ctx, "x", "body")
	return errors.Join(s.refused(err, http.StatusForbidden, code), s.absent(ctx, "x"))
}

func presigned(ctx context.Context, s *store) error {
	for _, name := range []string{"x", "y"} {
		if _, err := s.put(ctx, name, "body of "+name); err != nil {
			return err
		}
	}
	link, err := s.link(ctx)
	if err != nil {
		return err
	}
	if err := s.visit(ctx, link, http.StatusOK); err != nil {
		return err
	}
	other := *link
	other.Path, other.RawPath = strings.TrimSuffix(link.Path, "x")+"y", ""
	longer := *link
	query := link.Query()
	query.Set("X-Amz-Expires", "86400")
	longer.RawQuery = query.Encode()
	return errors.Join(s.visit(ctx, &other, http.StatusForbidden), s.visit(ctx, &longer, http.StatusForbidden))
}

// link is a presigned one that gives the object x.
func (s *store) link(ctx context.Context) (*url.URL, error) {
	signed, err := s3.NewPresignClient(s.Client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.key("x")})
	if err != nil {
		return nil, err
	}
	return url.Parse(signed.URL)
}

// presign signs a link as if it were another time.
func (s *store) presign(ctx context.Context, link *url.URL, at time.Time) (*url.URL, error) {
	own, err := s.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
	if err != nil {
		return nil, err
	}
	text, _, err := v4.NewSigner(plainPath).PresignHTTP(ctx, own, req, "UNSIGNED-PAYLOAD", "s3", s.Options().Region, at)
	if err != nil {
		return nil, err
	}
	return url.Parse(text)
}

// plainPath signs the path as it is, the way S3 does.
func plainPath(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

// visit follows a link with no credentials but its own.
func (s *store) visit(ctx context.Context, link *url.URL, want int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
	if err != nil {
		return err
	}
	return s.send(req, want)
}

func (s *store) send(req *http.Request, want int) error {
	res, err := s.Options().HTTPClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("answered with %d, want %d", res.StatusCode, want)
	}
	return nil
}

func changedBody(ctx context.Context, s *store) error {
	own, err := s.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	link, err := s.link(ctx)
	if err != nil {
		return err
	}
	link.RawQuery = ""
	for _, t := range []struct {
		signed string
		want   int
	}{{"body", http.StatusBadRequest}, {"ydob", http.StatusOK}} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, link.String(), strings.NewReader("ydob"))
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(t.signed))
		hash := hex.EncodeToString(sum[:])
		req.Header.Set("X-Amz-Content-Sha256", hash)
		if err := v4.NewSigner(plainPath).SignHTTP(ctx, own, req, hash, "s3", s.Options().Region, time.Now()); err != nil {
			return err
		}
		if err := s.send(req, t.want); err != nil {
			return fmt.Errorf("signed as %q, sent as \"ydob\": %w", t.signed, err)
		}
	}
	return nil
}
