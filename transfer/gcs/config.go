package gcs

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/httptransport"
	"cloud.google.com/go/storage"
	"google.golang.org/api/option"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
)

// Config says how to reach the store. The zero value is Google Cloud Storage with the application default credentials; where
// STORAGE_EMULATOR_HOST is set, that host without credentials.
type Config struct {
	// Endpoint is the URL of another server with the same API, without credentials: "http://127.0.0.1:1234". Default: the
	// environment's, else Google's.
	Endpoint string
	// Credentials authorise requests. Default: the application default credentials.
	Credentials *auth.Credentials
	// Anonymous sends requests without credentials. Default: with.
	Anonymous bool
	// HTTPClient sends requests, those for tokens too. Default: a client of the bucket's own that keeps many connections open.
	HTTPClient *http.Client
	// Attempts is how often a request is sent at most. Default 5.
	Attempts int
	// Backoff is the longest pause between two attempts. Default 5 seconds.
	Backoff time.Duration
	// HoldSize is the size of the largest object that is stored by one request: its bytes are held in memory until Commit.
	// Default 8 MiB.
	HoldSize unit.Bytes
	// Streams is how many requests one commit or abort has in flight. Default 16.
	Streams int
	// Account is the e-mail address of the service account that signs for [transfer.Signer]. Default: that of the credentials.
	Account string
	// Sign signs for Account: RSA-SHA256, PKCS #1 v1.5. Default: the key of the credentials, else the service of Google that signs.
	Sign func([]byte) ([]byte, error)
}

const (
	defaultAttempts    = 5
	defaultBackoff     = 5 * time.Second
	defaultHold        = 8 << 20
	defaultStreams     = 16
	connectionsPerHost = 256
	emulator           = "STORAGE_EMULATOR_HOST"
)

func (c Config) withDefaults() Config {
	c.Attempts = cmp.Or(c.Attempts, defaultAttempts)
	c.Backoff = cmp.Or(c.Backoff, defaultBackoff)
	c.HoldSize = cmp.Or(c.HoldSize, defaultHold)
	c.Streams = cmp.Or(c.Streams, defaultStreams)
	if host := os.Getenv(emulator); c.Endpoint == "" && host != "" {
		if !strings.Contains(host, "://") {
			host = "http://" + host
		}
		c.Endpoint, c.Anonymous = host, c.Credentials == nil
	}
	return c
}

// Open returns the bucket that a URL names: gs://name. Nothing is asked of the store. Close releases the connections.
func Open(ctx context.Context, address string, cfg Config) (*Bucket, error) {
	name, err := bucketName(address)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	b := &Bucket{name: name, cfg: cfg.withDefaults()}
	if b.endpoint, err = endpoint(b.cfg.Endpoint); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	if err := b.connect(ctx); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	return b, nil
}

// bucketName takes the name out of gs://name.
func bucketName(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("the address is no URL: %w", transfer.ErrInvalid)
	}
	if u.Scheme != "gs" || u.Host == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		u.RawQuery = "" // may hold a secret
		return "", fmt.Errorf("%q is not of the form gs://name: %w", u.Redacted(), transfer.ErrInvalid)
	}
	return u.Host, nil
}

// endpoint checks the URL of a server. It is nil for Google's.
func endpoint(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("the endpoint is not of the form https://host: %w", transfer.ErrInvalid) // may hold a secret: not shown
	}
	return u, nil
}

// connect makes the client of the SDK.
func (b *Bucket) connect(ctx context.Context) error {
	client := b.httpClient()
	opts := []option.ClientOption{option.WithHTTPClient(client), storage.WithDisabledClientMetrics()}
	if b.cfg.Anonymous {
		opts = append(opts, option.WithoutAuthentication())
	} else {
		creds, err := b.credentials(client)
		if err != nil {
			return err
		}
		if err := httptransport.AddAuthorizationMiddleware(client, creds); err != nil {
			return err
		}
		opts = append(opts, option.WithAuthCredentials(creds))
	}
	if b.endpoint != nil {
		opts = append(opts, option.WithEndpoint(b.endpoint.JoinPath("storage", "v1").String()+"/"))
	}
	var err error
	if b.client, err = storage.NewClient(ctx, opts...); err != nil {
		return err
	}
	b.client.SetRetry(storage.WithPolicy(storage.RetryNever)) // the bucket repeats by itself, and knows how often it did
	b.handle = b.client.Bucket(b.name)
	return nil
}

// httpClient is a client that may be changed. What it has of the host's is only used.
func (b *Bucket) httpClient() *http.Client {
	if b.cfg.HTTPClient != nil {
		client := *b.cfg.HTTPClient
		return &client
	}
	// One connection for each stream: HTTP/2 would put them all on one.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	b.own = &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2 * connectionsPerHost, MaxIdleConnsPerHost: connectionsPerHost,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true, Protocols: protocols,
	}
	return &http.Client{Transport: b.own}
}

func (b *Bucket) credentials(client *http.Client) (*auth.Credentials, error) {
	if b.cfg.Credentials != nil {
		return b.cfg.Credentials, nil
	}
	plain := *client // what fetches tokens has none itself
	return credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{storage.ScopeReadWrite}, Client: &plain})
}
