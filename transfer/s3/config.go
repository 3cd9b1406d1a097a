package s3

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Config says how to reach a store and what it can do. The zero value is Amazon S3 with what the environment tells: the variables
// and files that every program of AWS reads.
type Config struct {
	// Region of the bucket. Default: the environment's, else us-east-1.
	Region string
	// Endpoint is the URL of the store, without credentials. Default: the environment's, else Amazon S3.
	Endpoint string
	// PathStyle puts the bucket's name into the path of the URL. Default: into the host name, except where the host is an address.
	PathStyle bool
	// Credentials signs requests; aws.AnonymousCredentials{} sends them unsigned. Default: the environment's.
	Credentials aws.CredentialsProvider
	// HTTPClient sends requests. Default: a client of the bucket's own that keeps many connections open.
	HTTPClient *http.Client
	// Attempts is how often a request is sent at most. Default 3.
	Attempts int
	// Backoff is the longest pause between two attempts. Default 5 seconds.
	Backoff time.Duration
	// HoldSize is the size of the largest object that is stored by one request: its bytes are held in memory until Commit.
	// Default 8 MiB.
	HoldSize unit.Bytes
	// CopySize is the size of the ranges of a copy within the store, and of the largest object copied by one request.
	// Default 128 MiB.
	CopySize unit.Bytes
	// CopyStreams is how many ranges one copy within the store has in flight. Default 16.
	CopyStreams int
	// Sums are the checksums that the store understands. Default: FullSums.
	Sums Sums
	// CopyByTag is for a store that gives wrong checksums for copied ranges, as versitygw does up to 1.8: a copy follows the parts of
	// its source and is compared by entity tag. Default: it is compared by checksum.
	CopyByTag bool
	// EqualParts refuses at Commit what the store would: parts of different size, the last excepted. Default: S3 takes such parts.
	EqualParts bool
	// LooseConditions is for a store that ignores the conditions of a write: the bucket then looks itself just before, so that two
	// writers at the same moment can both win. Default: the store decides.
	LooseConditions bool
}

// R2 is the configuration of Cloudflare R2 for an account.
func R2(account string) Config {
	return Config{
		Region: "auto", Endpoint: "https://" + account + ".r2.cloudflarestorage.com", Sums: PartSums, EqualParts: true,
	}
}

// What S3 allows.
const (
	maxParts    = 10_000
	maxCopySize = 5 << 30 // by one request
)

const (
	defaultRegion      = "us-east-1"
	defaultAttempts    = 3
	defaultBackoff     = 5 * time.Second
	defaultHold        = 8 << 20
	defaultCopySize    = 128 << 20
	defaultCopyStreams = 16
	connectionsPerHost = 256
)

func (c Config) withDefaults() Config {
	c.Attempts = cmp.Or(c.Attempts, defaultAttempts)
	c.Backoff = cmp.Or(c.Backoff, defaultBackoff)
	c.HoldSize = cmp.Or(c.HoldSize, defaultHold)
	c.CopySize = min(cmp.Or(c.CopySize, defaultCopySize), maxCopySize)
	c.CopyStreams = cmp.Or(c.CopyStreams, defaultCopyStreams)
	return c
}

// Open returns the bucket that a URL names: s3://name. Nothing is asked of the store. Close releases the connections.
func Open(ctx context.Context, address string, cfg Config) (*Bucket, error) {
	name, err := bucketName(address)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	cfg = cfg.withDefaults()
	b := &Bucket{name: name, cfg: cfg}
	env, err := environment(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	if cfg.HTTPClient == nil {
		b.own = transport(env.HTTPClient)
		cfg.HTTPClient = &http.Client{Transport: b.own}
	}
	b.client = client(env, cfg)
	if b.service, err = service(aws.ToString(b.client.Options().BaseEndpoint)); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	return b, nil
}

// bucketName takes the name out of s3://name.
func bucketName(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%q is no URL: %w", address, transfer.ErrInvalid)
	}
	if u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return "", fmt.Errorf("%q is not of the form s3://name: %w", u.Redacted(), transfer.ErrInvalid)
	}
	return u.Host, nil
}

// service names the store behind an endpoint: its host, "" for Amazon.
func service(endpoint string) (string, error) {
	if endpoint == "" {
		return "", nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("the endpoint is not of the form https://host: %w", transfer.ErrInvalid) // may hold a secret: not shown
	}
	if u.User != nil {
		return "", fmt.Errorf("the endpoint %s holds credentials; set Credentials: %w", u.Redacted(), transfer.ErrInvalid)
	}
	return u.Host, nil
}

// environment is what the variables and files of AWS tell, with what cfg says instead.
func environment(ctx context.Context, cfg Config) (aws.Config, error) {
	var load []func(*config.LoadOptions) error
	if cfg.Region != "" {
		load = append(load, config.WithRegion(cfg.Region))
	}
	if cfg.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(cfg.Credentials))
	}
	env, err := config.LoadDefaultConfig(ctx, load...)
	env.Region = cmp.Or(env.Region, defaultRegion)
	return env, err
}

func client(env aws.Config, cfg Config) *s3.Client {
	return s3.NewFromConfig(env, func(o *s3.Options) {
		if cfg.Endpoint != "" {
			o.BaseEndpoint = &cfg.Endpoint
		}
		o.HTTPClient, o.UsePathStyle = cfg.HTTPClient, cfg.PathStyle
		o.DisableLogOutputChecksumValidationSkipped = true
		// The bucket sums by itself, once, and says so in each request.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.ContinueHeaderThresholdBytes = -1 // to ask before each part would cost a round trip
		o.APIOptions = append(o.APIOptions, countTries)
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = cfg.Attempts, cfg.Backoff
			r.RateLimiter = ratelimit.None // how many requests there are is decided above
		})
	})
}

// transport keeps a connection per stream open. It trusts whom the environment trusts.
func transport(env aws.HTTPClient) *http.Transport {
	known, ok := env.(*awshttp.BuildableClient)
	if !ok {
		known = awshttp.NewBuildableClient()
	}
	t := known.GetTransport()
	t.MaxIdleConns, t.MaxIdleConnsPerHost, t.DisableCompression = 2*connectionsPerHost, connectionsPerHost, true
	return t
}
