package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/file"
	"github.com/openintercloud/broker/transfer/gcs"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/wire"
)

// perHost is how many connections stay open to one store.
const perHost = 64

// place is one end of a copy.
type place struct {
	transfer.Target
	close func()
}

// open finds the bucket and the key of a URL.
func open(ctx context.Context, at string, w *wire.Wire) (place, error) {
	u, err := url.Parse(at)
	if err != nil {
		return place{}, err
	}
	client, key := w.Client(perHost), strings.TrimPrefix(u.Path, "/")
	var b transfer.Bucket
	switch u.Scheme {
	case "file":
		return folder(u.Path)
	case "s3":
		b, err = s3.Open(ctx, "s3://"+u.Host, s3.Config{HTTPClient: client, Attempts: 1})
	case "gs":
		b, err = gcs.Open(ctx, "gs://"+u.Host, gcs.Config{HTTPClient: client})
	case "az":
		container, rest, _ := strings.Cut(key, "/")
		key = rest
		b, err = azblob.Open(ctx, "az://"+u.Host+"/"+container, azblob.Config{HTTPClient: client, Endpoint: os.Getenv("AZURE_STORAGE_ENDPOINT")})
	default:
		return place{}, fmt.Errorf("%q: want a URL that begins with file://, s3://, gs:// or az://", at)
	}
	if err != nil {
		return place{}, err
	}
	return place{Target: transfer.Target{Bucket: b, Key: key}, close: closer(b)}, nil
}

func closer(b transfer.Bucket) func() {
	return func() {
		if c, ok := b.(io.Closer); ok {
			_ = c.Close() // nothing was written since the copy ended
		}
	}
}

// folder opens the folder that holds a file, or the folder itself when the path ends in "/". It is made when missing.
func folder(path string) (place, error) {
	dir, name := filepath.Split(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return place{}, err
	}
	b, err := file.Open(dir, file.Options{})
	if err != nil {
		return place{}, err
	}
	return place{Target: transfer.Target{Bucket: b, Key: name}, close: closer(b)}, nil
}
