package source_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/source"
)

// site answers requests by URL: a text, or "-> URL" for a redirect, or "!503" for a status.
type site map[string]string

func (s site) client() *http.Client { return &http.Client{Transport: roundTripper(s.answer)} }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (s site) answer(r *http.Request) (*http.Response, error) {
	text, ok := s[r.URL.String()]
	if !ok {
		text = "!404"
	}
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(text))}
	if to, ok := strings.CutPrefix(text, "-> "); ok {
		res.StatusCode = http.StatusFound
		res.Header.Set("Location", to)
	}
	if text == "!404" {
		res.StatusCode = http.StatusNotFound
	}
	return res, nil
}

func lambda() source.Format { return source.SkyPilot{Cloud: "lambda", AsOf: day}.Read }

func TestURL(t *testing.T) {
	t.Parallel()
	pages := site{
		"https://x.test/list.csv?token=hush": sample(t, "skypilot_lambda.csv"),
		"https://x.test/moved.csv":           "-> /list.csv?token=hush",
		"https://x.test/away.csv":            "-> https://evil.test/list.csv",
		"https://x.test/plain.csv":           "-> http://x.test/list.csv",
		"https://x.test/round.csv":           "-> /round.csv",
		"https://evil.test/list.csv":         sample(t, "skypilot_lambda.csv"),
		"http://x.test/list.csv":             sample(t, "skypilot_lambda.csv"),
	}
	h := source.HTTP{Client: pages.client(), Retries: -1}
	s := source.URL(h, "https://x.test/list.csv?token=hush", lambda())
	require.Equal(t, "https://x.test/list.csv", s.Name())
	d := drain(s.Rows(t.Context()))
	require.NoError(t, d.err)
	require.Len(t, d.prices(), 4)
	require.Equal(t, "https://x.test/list.csv", d.rows[0].Where.File) // the query stays out of reports
	d = drain(source.URL(h, "https://x.test/moved.csv", lambda()).Rows(t.Context()))
	require.NoError(t, d.err)
	require.Len(t, d.prices(), 4)

	for address, want := range map[string]string{
		"https://x.test/away.csv":        "it leads to https://evil.test, not to https://x.test",
		"https://x.test/plain.csv":       "it leads to http://x.test, not to https://x.test",
		"https://x.test/round.csv":       "more than 5 redirects",
		"https://x.test/none.csv?t=hush": "fetch https://x.test/none.csv: status 404 Not Found",
		"ftp://x.test/list.csv":          "want one such as https://",
		"list.csv":                       "want one such as https://",
		"https://user:hush@x.test/a%":    "want one such as https://",
	} {
		d := drain(source.URL(h, address, lambda()).Rows(t.Context()))
		require.ErrorContains(t, d.err, want, address)
		require.NotContains(t, d.err.Error(), "hush")
		require.Empty(t, d.rows)
	}
	d = drain(source.URL(h, "https://x.test/none.csv", lambda()).Rows(t.Context()))
	failed, ok := errors.AsType[*source.FetchError](d.err)
	require.True(t, ok)
	require.Equal(t, http.StatusNotFound, failed.Status)
}

func TestURLIsCapped(t *testing.T) {
	t.Parallel()
	list := sample(t, "skypilot_lambda.csv")
	pages := site{"https://x.test/list.csv": list}
	exact := source.HTTP{Client: pages.client(), MaxBytes: int64(len(list))}
	require.NoError(t, drain(source.URL(exact, "https://x.test/list.csv", lambda()).Rows(t.Context())).err)
	less := source.HTTP{Client: pages.client(), MaxBytes: int64(len(list) - 1)}
	d := drain(source.URL(less, "https://x.test/list.csv", lambda()).Rows(t.Context()))
	require.ErrorIs(t, d.err, source.ErrTooLarge)
	require.Empty(t, d.rows)
}

// A server that is busy is asked again, after as long as it says; one that stays so is an error. No real time passes.
func TestRetries(t *testing.T) {
	t.Parallel()
	list := sample(t, "skypilot_lambda.csv")
	synctest.Test(t, func(t *testing.T) {
		asked, busy := 0, 2
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(list))}
			if asked++; asked <= busy {
				res.StatusCode = http.StatusServiceUnavailable
				res.Header.Set("Retry-After", "120")
			}
			return res, nil
		})}
		s := source.URL(source.HTTP{Client: client}, "https://x.test/list.csv", lambda())
		require.NoError(t, drain(s.Rows(t.Context())).err)
		require.Equal(t, 3, asked)
		asked, busy = 0, 100
		require.ErrorContains(t, drain(s.Rows(t.Context())).err, "status 503")
		require.Equal(t, 5, asked)
		asked = 0
		once := source.URL(source.HTTP{Client: client, Retries: -1}, "https://x.test/list.csv", lambda())
		require.ErrorContains(t, drain(once.Rows(t.Context())).err, "status 503")
		require.Equal(t, 1, asked)
	})
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() })}
	d := drain(source.URL(source.HTTP{Client: client}, "https://x.test/list.csv", lambda()).Rows(ctx))
	require.ErrorIs(t, d.err, context.Canceled)

	// A list of any length is left in the middle.
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for row, err := range source.AWSCSV(ctx, "list", strings.NewReader(awsList(t, 5_000))) {
		if n++; row.Offering == nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		cancel()
	}
	require.Less(t, n, 1_000)
}

func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(awsList(t, 300)), brokenReader{})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(body)}, nil
	})}
	d := drain(source.URL(source.HTTP{Client: client}, "https://x.test/list.csv", source.AWSCSV).Rows(t.Context()))
	require.ErrorIs(t, d.err, io.ErrUnexpectedEOF)
	require.Len(t, d.rows, 300)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
