package kubesuite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Endpoint is a cluster to check. It is safe for concurrent use if its client is.
type Endpoint struct {
	URL       string       // of the API server: "https://203.0.113.7:6443"
	Client    *http.Client // trusts the server and proves who asks, in a header or by certificate
	Namespace string       // where jobs may be created and deleted; "" = "default"
	Image     string       // one with a shell at sh; "" = "busybox:stable"
}

const (
	defaultNamespace = "default"
	defaultImage     = "busybox:stable"
	maxAnswer        = 8 << 20
)

// refusal is an answer of the API that is no success.
type refusal struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Error says what the server said.
func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Code, r.Reason, r.Message) }

func (e Endpoint) namespace() string {
	return "/namespaces/" + url.PathEscape(cmp.Or(e.Namespace, defaultNamespace))
}

func (e Endpoint) jobs() string { return "/apis/batch/v1" + e.namespace() + "/jobs" }

func (e Endpoint) pods() string { return "/api/v1" + e.namespace() + "/pods" }

// call is one request; its error is a *refusal if the server answered with one.
func (e Endpoint) call(ctx context.Context, method, path string, body, into any) error {
	answer, err := e.raw(ctx, method, path, body)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (e Endpoint) raw(ctx context.Context, method, path string, body any) ([]byte, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, sent)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := e.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if res.StatusCode > 299 {
		no := &refusal{}
		_ = json.Unmarshal(answer, no) // a proxy in between answers in its own words
		no.Code = res.StatusCode
		return nil, fmt.Errorf("%s %s: %w", method, path, no)
	}
	return answer, nil
}
