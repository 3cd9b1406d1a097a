package s3

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// Split returns cuts that divide the keys below prefix. Folders are the first choice; where there are none to tell, the characters
// that follow what all keys share are looked for, one request for each.
func (b *Bucket) Split(ctx context.Context, prefix string, n int) ([]string, error) {
	if n < 2 {
		return nil, nil
	}
	cuts, err := b.cuts(ctx, prefix, n)
	if err != nil {
		return nil, b.fail("list", prefix, err)
	}
	return thin(cuts, n-1), nil
}

func (b *Bucket) cuts(ctx context.Context, prefix string, n int) ([]string, error) {
	for {
		p, err := b.page(ctx, listing{prefix: prefix, delimiter: "/"})
		switch {
		case err != nil:
			return nil, err
		case p.next == "" && len(p.prefixes) == 1 && len(p.objects) == 0:
			prefix = p.prefixes[0] // everything lies below one folder
		case p.next == "":
			return p.prefixes, nil // one page tells all folders
		default:
			stem, err := b.stem(ctx, prefix, shared(p))
			if err != nil {
				return nil, err
			}
			return b.characters(ctx, stem, 4*n)
		}
	}
}

// pastAll comes after every key that goes on behind a stem.
const pastAll = string(utf8.MaxRune)

// stem is the longest prefix that all keys share. first is what those of the first page share.
func (b *Bucket) stem(ctx context.Context, prefix, first string) (string, error) {
	stem := first
	for stem != prefix {
		p, err := b.page(ctx, listing{prefix: prefix, after: stem + pastAll, most: 1})
		if err != nil {
			return "", err
		}
		if len(p.objects) == 0 {
			break
		}
		stem = common(stem, p.objects[0].Key)
	}
	return stem, nil
}

// characters finds out by which characters keys go on behind a stem.
func (b *Bucket) characters(ctx context.Context, stem string, most int) ([]string, error) {
	var cuts []string
	after := stem
	for range most {
		p, err := b.page(ctx, listing{prefix: stem, after: after, most: 1})
		if err != nil {
			return nil, err
		}
		if len(p.objects) == 0 {
			break
		}
		key := p.objects[0].Key
		_, size := utf8.DecodeRuneInString(key[len(stem):])
		cuts = append(cuts, key[:len(stem)+size])
		after = cuts[len(cuts)-1] + pastAll
	}
	return cuts, nil
}

// shared is the longest prefix of all that a page holds, which is not nothing.
func shared(p page) string {
	all := slices.Clone(p.prefixes)
	for _, o := range p.objects {
		all = append(all, o.Key)
	}
	return common(slices.Min(all), slices.Max(all))
}

// common is the longest prefix of both that ends with a whole character.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return a[:n]
}

// thin keeps at most n of the cuts, evenly; not the first one, before which there is little.
func thin(cuts []string, n int) []string {
	if len(cuts) < 2 {
		return nil
	}
	cuts = slices.Compact(slices.SortedFunc(slices.Values(cuts[1:]), strings.Compare))
	if len(cuts) <= n {
		return cuts
	}
	kept := make([]string, n)
	for i := range kept {
		kept[i] = cuts[(i+1)*len(cuts)/(n+1)]
	}
	return kept
}
