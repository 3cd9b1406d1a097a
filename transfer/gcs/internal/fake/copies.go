package fake

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// maxSources is how many objects one compose takes.
const maxSources = 32

func (r *request) compose() (*reply, error) {
	var doc struct {
		Kind          string     `json:"kind"`
		Destination   attributes `json:"destination"`
		SourceObjects []struct {
			Name       string `json:"name"`
			Generation string `json:"generation"`
		} `json:"sourceObjects"`
	}
	if err := strictJSON(r.body, &doc); err != nil {
		return nil, err
	}
	if n := len(doc.SourceObjects); n < 1 || n > maxSources {
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("The number of source components provided (%d) exceeds the maximum (32)", n))
	}
	out := &object{kind: doc.Destination.ContentType, meta: doc.Destination.Metadata}
	for _, source := range doc.SourceObjects {
		from, ok := r.s.buckets[r.bucket][source.Name]
		if !ok {
			return nil, notFound(source.Name)
		}
		out.data = append(out.data, from.data...)
		out.components += max(from.components, 1)
	}
	if err := checkCRC(doc.Destination.CRC32C, out.data); err != nil {
		return nil, err
	}
	if err := check(r.there(), r.query.Get("ifGenerationMatch")); err != nil {
		return nil, err
	}
	return r.stored(out), nil
}

// rewrite copies, in steps. A request without attributes keeps those of the source.
func (r *request) rewrite() (*reply, error) {
	var a attributes
	if err := strictJSON(r.body, &a); err != nil {
		return nil, err
	}
	from, err := r.found(r.query.Get("ifSourceGenerationMatch"))
	if err != nil {
		return nil, err
	}
	if err := check(r.s.buckets[r.toBucket][r.toKey], r.query.Get("ifGenerationMatch")); err != nil {
		return nil, err
	}
	id := base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%s/%s/%d to %s/%s", r.bucket, r.key, from.generation, r.toBucket, r.toKey))
	done := int64(0)
	if token := r.query.Get("rewriteToken"); token != "" {
		var known bool
		if done, known = r.s.tokens[token]; !known || token != id {
			return nil, refuse(http.StatusBadRequest, "Invalid rewrite token")
		}
	}
	size := int64(len(from.data))
	done += size
	if r.s.opts.StepSize > 0 {
		done = min(size, done-size+r.s.opts.StepSize)
	}
	doc := map[string]any{"kind": "storage#rewriteResponse", "totalBytesRewritten": fmt.Sprint(done), "objectSize": fmt.Sprint(size), "done": done == size}
	if done < size {
		r.s.tokens[id] = done
		doc["rewriteToken"] = id
		return &reply{doc: doc}, nil
	}
	delete(r.s.tokens, id)
	out := &object{data: slices.Clone(from.data), kind: a.ContentType, meta: a.Metadata, components: from.components}
	if a.ContentType == "" && a.Metadata == nil {
		out.kind, out.meta = from.kind, from.meta
	}
	doc["resource"] = r.resource(r.toBucket, r.toKey, r.s.put(r.toBucket, r.toKey, out))
	return &reply{doc: doc}, nil
}

// signed refuses a request whose signature does not cover what the fake goes by.
func (r *request) signed() error {
	covered := strings.Split(r.query.Get("X-Goog-SignedHeaders"), ";")
	if r.query.Get("X-Goog-Algorithm") != "GOOG4-RSA-SHA256" || r.query.Get("X-Goog-Signature") == "" {
		return refuse(http.StatusForbidden, "AccessDenied")
	}
	for k := range r.Header {
		if k = strings.ToLower(k); (strings.HasPrefix(k, "x-goog-") || k == "content-type") && !slices.Contains(covered, k) {
			return refuse(http.StatusForbidden, "the signature does not cover "+k)
		}
	}
	for _, k := range covered {
		if k != "host" && r.Header.Get(k) == "" {
			return refuse(http.StatusForbidden, "the signature covers "+k)
		}
	}
	return nil
}

func (r *request) xmlPut() (*reply, error) {
	if err := r.signed(); err != nil {
		return nil, err
	}
	if err := checkCRC(strings.TrimPrefix(r.Header.Get("X-Goog-Hash"), "crc32c="), r.body); err != nil {
		return nil, err
	}
	if err := check(r.there(), r.Header.Get("X-Goog-If-Generation-Match")); err != nil {
		return nil, err
	}
	o := &object{data: r.body, kind: r.Header.Get("Content-Type")}
	for k := range r.Header {
		if name, ok := strings.CutPrefix(strings.ToLower(k), "x-goog-meta-"); ok {
			if o.meta == nil {
				o.meta = map[string]string{}
			}
			o.meta[name] = r.Header.Get(k)
		}
	}
	r.s.in += int64(len(r.body))
	r.s.put(r.bucket, r.key, o)
	return &reply{}, nil
}
