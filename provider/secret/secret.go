package secret

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[redacted]"

// Secret is a value that does not print. The zero Secret is empty. It is comparable only through [Secret.Reveal].
type Secret struct{ value *string }

// New wraps a value.
func New(value string) Secret { return Secret{&value} }

// Reveal returns the value, for the one place that hands it to whom it is meant for.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Format prints "[redacted]" for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns "[redacted]".
func (Secret) String() string { return redacted }

// MarshalText encodes "[redacted]", which JSON, XML and most other encoders use.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue logs "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Ref names a place a secret can be fetched from: "env:NAME" or "file:PATH". It holds no secret itself.
type Ref string

// Resolve fetches the secret. The error names the reference, never the value.
func (r Ref) Resolve(_ context.Context) (Secret, error) {
	scheme, name, _ := strings.Cut(string(r), ":")
	switch scheme {
	case "env":
		if v, ok := os.LookupEnv(name); ok {
			return New(v), nil
		}
		return Secret{}, fmt.Errorf("secret %q: the environment variable is not set", string(r))
	case "file":
		b, err := os.ReadFile(name)
		if err != nil {
			return Secret{}, fmt.Errorf("secret %q: %w", string(r), err)
		}
		return New(strings.TrimRight(string(b), "\r\n")), nil
	}
	return Secret{}, fmt.Errorf("secret %q: want env:NAME or file:PATH", string(r))
}
