package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/fault"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

// scratchPrefix starts the names of the buckets that keep the artifacts of runs.
const scratchPrefix = "sky-scratch-"

// Open opens the bucket that a URL of this cloud's scheme lies in, making it on first use.
func (c *Cloud) Open(_ context.Context, url string) (transfer.Bucket, string, error) {
	name, key, err := c.split(url)
	if err != nil {
		return nil, "", err
	}
	b, err := c.bucket(name)
	if err != nil {
		return nil, "", c.explain("open "+url, catalog.Place{}, err)
	}
	return b, key, nil
}

// Scratch is where runs keep their artifacts at a place: one bucket for each region.
func (c *Cloud) Scratch(_ context.Context, place catalog.Place) (string, error) {
	if place.Cloud != c.cfg.Name {
		return "", c.fail("scratch", fault.Invalid, "", "place", fmt.Errorf("place %v is not of this cloud", place))
	}
	url := c.cfg.Scheme + "://" + scratchPrefix + orElse(place.Region, "local") + "/"
	name, _, err := c.split(url)
	if err != nil {
		return "", err
	}
	_, err = c.bucket(name)
	return url, c.explain("scratch", place, err)
}

// Path is the real path of what a URL of this cloud names, whether it exists or not.
func (c *Cloud) Path(url string) (string, error) {
	name, key, err := c.split(url)
	return filepath.Join(c.bucketDir(name), filepath.FromSlash(key)), err
}

func (c *Cloud) bucketDir(name string) string { return c.path("buckets", name) }

func (c *Cloud) isScratch(url string) bool {
	return strings.HasPrefix(url, c.cfg.Scheme+"://"+scratchPrefix)
}

// bucket opens each bucket once, and keeps it open for as long as the cloud is used.
func (c *Cloud) bucket(name string) (*file.Bucket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.buckets[name]; b != nil {
		return b, nil
	}
	b, err := file.Open(c.bucketDir(name), file.Options{Create: true})
	if err == nil {
		c.buckets[name] = b
	}
	return b, err
}

// Close lets go of the open buckets. Tasks go on, and the account stays.
func (c *Cloud) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for name, b := range c.buckets {
		errs = append(errs, b.Close())
		delete(c.buckets, name)
	}
	return errors.Join(errs...)
}

// split takes a URL of this cloud apart: scheme://bucket/key. The key may be empty, or end in "/" as a prefix does.
func (c *Cloud) split(url string) (bucket, key string, err error) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || scheme != c.cfg.Scheme {
		e := provider.Unsupported("open", c.cfg.Name, "not a URL of this cloud")
		e.Err = fmt.Errorf("URL %q: want %s://bucket/key", url, c.cfg.Scheme)
		return "", "", e
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if !names.MatchString(bucket) {
		return "", "", c.fail("open", fault.Invalid, "", "URL", fmt.Errorf("URL %q: bucket %q: want lower-case letters, digits, '.', '_' and '-'", url, bucket))
	}
	if key != "" {
		err = transfer.CheckKey(key)
	}
	if err != nil {
		return "", "", c.fail("open", fault.Invalid, "", "URL", fmt.Errorf("URL %q: %w", url, err))
	}
	return bucket, key, nil
}
