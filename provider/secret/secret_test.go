package secret_test

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/provider/secret"
)

const value = "hunter2-correct-horse"

// holder has secrets in every position that formatters walk into.
type holder struct {
	S secret.Secret
	P *secret.Secret
	L []secret.Secret
	M map[string]secret.Secret
	A any
}

type account struct {
	Token secret.Secret
	Spare *secret.Secret
}

func newHolder(v string) holder {
	s := secret.New(v)
	return holder{s, &s, []secret.Secret{s}, map[string]secret.Secret{"token": s}, s}
}

func TestRevealIsTheOnlyWayOut(t *testing.T) {
	t.Parallel()
	require.Equal(t, value, secret.New(value).Reveal())
	require.Empty(t, secret.Secret{}.Reveal())
	require.Equal(t, "[redacted]", secret.New(value).String())
	require.Equal(t, "[redacted]", fmt.Sprint(secret.Secret{}), "not even whether it is empty")
}

func TestNoVerbPrintsIt(t *testing.T) {
	t.Parallel()
	h := newHolder(value)
	for verb := '!'; verb < 0x7f; verb++ {
		for _, flags := range []string{"", "+", "#", "-40", "040", "#+ ", ".3"} {
			for _, x := range []any{h.S, h.P, h.L, h.M, h.A, h, &h} {
				requireHidden(t, fmt.Sprintf("%"+flags+string(verb), x), value)
			}
		}
	}
	requireHidden(t, fmt.Sprintln(h, &h)+fmt.Errorf("auth: %v %w", h.S, os.ErrPermission).Error(), value)
}

// requireHidden requires that a text shows a secret in none of the ways formatters write bytes.
func requireHidden(t require.TestingT, text, value string) {
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value), fmt.Sprintf("% x", value), fmt.Sprint([]byte(value))} {
		require.NotContains(t, text, form)
	}
}

func TestNoEncoderWritesIt(t *testing.T) {
	t.Parallel()
	h := newHolder(value)
	text, err := json.Marshal(h)
	require.NoError(t, err)
	requireHidden(t, string(text), value)
	require.Equal(t, 5, strings.Count(string(text), `"[redacted]"`))

	text, err = xml.Marshal(account{h.S, h.P})
	require.NoError(t, err)
	requireHidden(t, string(text), value)

	var b bytes.Buffer
	require.Error(t, gob.NewEncoder(&b).Encode(account{h.S, h.P}), "gob finds nothing it could encode")
	requireHidden(t, b.String(), value)

	b.Reset()
	require.NoError(t, template.Must(template.New("").Parse("{{.}} {{.S}} {{.M}}")).Execute(&b, h))
	requireHidden(t, b.String(), value)
}

func TestNoLoggerWritesIt(t *testing.T) {
	t.Parallel()
	h := newHolder(value)
	var b bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		log := slog.New(handler)
		log.Info("started", "secret", h.S, "pointer", h.P, "list", h.L, "map", h.M, "any", h.A, "all", h, slog.Group("g", "s", h.S))
		log.With("token", h.S).Info(h.S.String())
	}
	requireHidden(t, b.String(), value)
	require.Contains(t, b.String(), "[redacted]")
}

// A secret that is decoded must not become the text "[redacted]": there is no way to decode one.
func TestCannotBeDecoded(t *testing.T) {
	t.Parallel()
	_, ok := any(&secret.Secret{}).(encoding.TextUnmarshaler)
	require.False(t, ok)
	var s secret.Secret
	require.Error(t, json.Unmarshal([]byte(`"[redacted]"`), &s))
	require.Empty(t, s.Reveal())
}

func TestDeepEqualDoesNotNeedTheText(t *testing.T) {
	t.Parallel()
	require.True(t, reflect.DeepEqual(secret.New("a"), secret.New("a")))
	require.False(t, secret.New("a") == secret.New("a"), "compared by Reveal only")
}

func TestAnyFormatHidesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := "s3cret" + rapid.StringMatching(`[a-z]{6,20}`).Draw(t, "value")
		format := rapid.StringOfN(rapid.RuneFrom([]rune("%+#- 0123.*[]vTsxXqdpcwU")), 1, 8, -1).Draw(t, "format")
		requireHidden(t, fmt.Sprintf(format, newHolder(v), secret.New(v), newHolder(v)), v)
	})
}

func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%v", "%#v", "%+v", "%s", "%x", "%q", "%[2]*[1]d", "%!", "%p", "%5.2U"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, format string) {
		requireHidden(t, fmt.Sprintf(format, secret.New(value), newHolder(value)), value)
	})
}

func TestResolve(t *testing.T) {
	t.Setenv("SKY_TEST_SECRET", value)
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(value+"\r\n"), 0o600))
	for _, ref := range []secret.Ref{"env:SKY_TEST_SECRET", secret.Ref("file:" + path)} {
		s, err := ref.Resolve(t.Context())
		require.NoError(t, err)
		require.Equal(t, value, s.Reveal())
	}
}

func TestResolveNamesTheReference(t *testing.T) {
	t.Parallel()
	for ref, want := range map[secret.Ref]string{
		"env:SKY_NO_SUCH_VARIABLE": `secret "env:SKY_NO_SUCH_VARIABLE": the environment variable is not set`,
		"vault:x":                  `secret "vault:x": want env:NAME or file:PATH`,
		"":                         `secret "": want env:NAME or file:PATH`,
	} {
		_, err := ref.Resolve(t.Context())
		require.EqualError(t, err, want)
	}
	_, err := secret.Ref("file:no/such/file").Resolve(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, `secret "file:no/such/file"`)
}
