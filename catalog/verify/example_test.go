package verify_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/catalog/verify"
)

// keyValue is a suite of the host's own, about a service that keeps text under names.
func keyValue(client *http.Client) verify.Suite[string] {
	ask := func(ctx context.Context, method, url string) (string, error) {
		req, err := http.NewRequestWithContext(ctx, method, url, nil)
		if err != nil {
			return "", err
		}
		res, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return string(text), err
	}
	return verify.Suite[string]{
		Name: "key-value", Version: "1.0", Service: "kv",
		Checks: []verify.Check[string]{
			{Name: "read", Requirement: "what was written is read", Run: func(ctx context.Context, t *verify.Trial, url string) error {
				name := t.Name()
				t.Cleanup(func(ctx context.Context) error {
					_, err := ask(ctx, http.MethodDelete, url+"/"+name)
					return err
				})
				if _, err := ask(ctx, http.MethodPut, url+"/"+name+"?text=hello"); err != nil {
					return err
				}
				got, err := ask(ctx, http.MethodGet, url+"/"+name)
				if err == nil && got != "hello" {
					err = fmt.Errorf("read %q, want %q", got, "hello")
				}
				return err
			}},
			{Name: "missing", Requirement: "what was not written is not there", Run: func(ctx context.Context, t *verify.Trial, url string) error {
				got, err := ask(ctx, http.MethodGet, url+"/"+t.Name())
				if err == nil && got != "nothing" {
					err = fmt.Errorf("read %q, want %q", got, "nothing")
				}
				return err
			}},
		},
	}
}

// hosting is a key-value service; a fork of it invents what it does not have.
func hosting(fork bool) *httptest.Server {
	kept := map[string]string{}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := kept[r.URL.Path]
		switch {
		case r.Method == http.MethodPut:
			kept[r.URL.Path] = r.FormValue("text")
		case r.Method == http.MethodDelete:
			delete(kept, r.URL.Path)
		case !ok && !fork:
			fmt.Fprint(w, "nothing")
		default:
			fmt.Fprint(w, text)
		}
	}))
}

// Two clouds offer the same service; one of them has forked it. Whoever wants it verified is kept from the fork.
func Example() {
	entry := func(cloud string) catalog.Hosting {
		return catalog.Hosting{Service: "kv", Cloud: cloud, Product: "Keeper"}
	}
	product := func(cloud string) catalog.Product {
		return catalog.Product{Cloud: cloud, Name: "Keeper", Recipe: catalog.Recipe{API: "http", Protocol: "kv"}}
	}
	market, err := catalog.New(catalog.Data{
		Source: catalog.Source{Name: "our own books", AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		Clouds: []catalog.Cloud{{Name: "red"}, {Name: "blue"}},
		Services: catalog.Services{
			List:     []catalog.Service{{Name: "kv", Kind: catalog.Standard}},
			Products: []catalog.Product{product("red"), product("blue")},
			Hostings: []catalog.Hosting{entry("red"), entry("blue")},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	today := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		cloud string
		fork  bool
	}{{"red", false}, {"blue", true}} {
		server := hosting(x.fork)
		result, err := verify.Run(context.Background(), keyValue(server.Client()), server.URL, today)
		server.Close()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(result)
		if market, err = verify.Record(market, entry(x.cloud), result); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, h := range market.Hostings(catalog.Want{Name: "kv", Verified: true}) {
		fmt.Println("verified:", h, "of", h.Cloud)
	}
	// Output:
	// kv, suite key-value 1.0, 2026-11-24: passed
	//   held  read     what was written is read
	//   held  missing  what was not written is not there
	// kv, suite key-value 1.0, 2026-11-24: failed
	//   held    read     what was written is read
	//   broken  missing  read "", want "nothing"
	// verified: Keeper of red
}
