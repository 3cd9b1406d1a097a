package azblob

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/provider/secret"
	"github.com/openintercloud/broker/transfer"
)

// Config says how to reach an account. The zero value is Azure's public cloud with what the environment tells:
// AZURE_STORAGE_KEY, else AZURE_STORAGE_SAS_TOKEN, else the default credentials of Azure's identity library.
type Config struct {
	// Endpoint is the URL of the account's blob service, without credentials: "http://127.0.0.1:10000/devstoreaccount1". Default:
	// that of the account in Azure's public cloud.
	Endpoint string
	// Key is the account's shared key, in base64. It can sign: copies within Azure and [transfer.Signer] need it. Default: the
	// environment's, when neither SAS nor Token is set.
	Key secret.Secret
	// SAS is a shared access signature of the container or the account: a query without "?". Default: the environment's, when
	// neither Key nor Token is set.
	SAS secret.Secret
	// Token gives tokens of Microsoft Entra ID. Default: the default credentials, when neither Key nor SAS is there.
	Token azcore.TokenCredential
	// HTTPClient sends requests, those for tokens too. Default: a client of the bucket's own that keeps many connections open.
	HTTPClient *http.Client
	// Attempts is how often a request is sent at most. Default 5.
	Attempts int
	// Backoff is the longest pause between two attempts. Default 5 seconds.
	Backoff time.Duration
	// HoldSize is the size of the largest object that is stored by one request: its bytes are held in memory until Commit.
	// Default 8 MiB.
	HoldSize unit.Bytes
	// CopySize is the size of the ranges of a copy within Azure. Default 64 MiB; at most 4,000 MiB.
	CopySize unit.Bytes
	// CopyStreams is how many ranges one copy within Azure has in flight. Default 16.
	CopyStreams int
}

// What Azure allows.
const (
	maxParts = 50_000
	maxBlock = 4000 << 20
)

const (
	defaultAttempts    = 5
	defaultBackoff     = 5 * time.Second
	defaultHold        = 8 << 20
	defaultCopySize    = 64 << 20
	defaultCopyStreams = 16
	firstPause         = 200 * time.Millisecond
	connectionsPerHost = 256
)

func (c Config) withDefaults() Config {
	c.Attempts = cmp.Or(c.Attempts, defaultAttempts)
	c.Backoff = cmp.Or(c.Backoff, defaultBackoff)
	c.HoldSize = cmp.Or(c.HoldSize, defaultHold)
	c.CopySize = min(cmp.Or(c.CopySize, defaultCopySize), maxBlock)
	c.CopyStreams = cmp.Or(c.CopyStreams, defaultCopyStreams)
	if c.Key.Reveal() != "" || c.SAS.Reveal() != "" || c.Token != nil {
		return c
	}
	if c.Key = secret.New(os.Getenv("AZURE_STORAGE_KEY")); c.Key.Reveal() == "" {
		c.SAS = secret.New(strings.TrimPrefix(os.Getenv("AZURE_STORAGE_SAS_TOKEN"), "?"))
	}
	return c
}

// Open returns the bucket that a URL names: az://account/container. Nothing is asked of the store. Close releases the connections.
func Open(_ context.Context, address string, cfg Config) (*Bucket, error) {
	account, name, err := names(address)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	b := &Bucket{account: account, name: name, cfg: cfg.withDefaults()}
	if err := b.locate(); err != nil {
		return nil, fmt.Errorf("open bucket az://%s/%s: %w", account, name, err)
	}
	if err := b.connect(); err != nil {
		return nil, fmt.Errorf("open bucket az://%s/%s: %w", account, name, err)
	}
	return b, nil
}

// names takes apart az://account/container.
func names(address string) (account, name string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", fmt.Errorf("the address is no URL: %w", transfer.ErrInvalid)
	}
	name = strings.Trim(u.Path, "/")
	if u.Scheme != "az" || u.Host == "" || u.User != nil || name == "" || strings.Contains(name, "/") || u.RawQuery != "" {
		u.RawQuery = ""
		return "", "", fmt.Errorf("%q is not of the form az://account/container: %w", u.Redacted(), transfer.ErrInvalid)
	}
	return u.Host, name, nil
}

// locate finds the container's URL.
func (b *Bucket) locate() error {
	if b.cfg.Endpoint == "" {
		b.url = "https://" + b.account + ".blob.core.windows.net/" + b.name
		return nil
	}
	u, err := url.Parse(b.cfg.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("the endpoint is not of the form https://host: %w", transfer.ErrInvalid) // may hold a secret: not shown
	}
	b.host, b.url = u.Host, u.JoinPath(b.name).String()
	return nil
}

// connect makes the client of the SDK.
func (b *Bucket) connect() error {
	opts := &container.ClientOptions{ClientOptions: b.options()}
	var err error
	switch {
	case b.cfg.Key.Reveal() != "":
		var key *container.SharedKeyCredential
		if key, err = container.NewSharedKeyCredential(b.account, b.cfg.Key.Reveal()); err != nil {
			return fmt.Errorf("the account's key is no base64: %w", transfer.ErrInvalid)
		}
		b.client, err = container.NewClientWithSharedKeyCredential(b.url, key, opts)
	case b.cfg.SAS.Reveal() != "":
		b.client, err = container.NewClientWithNoCredential(b.url+"?"+b.cfg.SAS.Reveal(), opts)
	default:
		token := b.cfg.Token
		if token == nil {
			identity := &azidentity.DefaultAzureCredentialOptions{ClientOptions: policy.ClientOptions{Transport: opts.Transport}}
			if token, err = azidentity.NewDefaultAzureCredential(identity); err != nil {
				return err
			}
		}
		b.client, err = container.NewClient(b.url, token, opts)
	}
	return err
}

func (b *Bucket) options() policy.ClientOptions {
	client := b.cfg.HTTPClient
	if client == nil {
		// One connection for each stream: HTTP/2 would put them all on one.
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		b.own = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2 * connectionsPerHost, MaxIdleConnsPerHost: connectionsPerHost,
			IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true, Protocols: protocols,
		}
		client = &http.Client{Transport: b.own}
	}
	return policy.ClientOptions{
		Transport: client, PerRetryPolicies: []policy.Policy{countTries{}},
		Retry: policy.RetryOptions{
			MaxRetries: retries(b.cfg.Attempts), RetryDelay: min(firstPause, b.cfg.Backoff), MaxRetryDelay: b.cfg.Backoff,
		},
	}
}

// retries is what the SDK wants to hear: of 0 it would make its default.
func retries(attempts int) int32 {
	if attempts <= 1 {
		return -1
	}
	return int32(attempts - 1)
}
