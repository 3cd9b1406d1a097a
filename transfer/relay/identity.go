package relay

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Key names an identity: the SHA-256 of its public key, in hexadecimal digits. It is no secret.
type Key string

// Identity is the key pair of one machine for one run. It formats as its [Key]; the private half leaves it only by Marshal.
type Identity struct {
	key     Key
	private ed25519.PrivateKey
	cert    tls.Certificate
}

// NewIdentity makes a key pair.
func NewIdentity() (*Identity, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a relay's key: %w", err)
	}
	return identity(private)
}

// ParseIdentity reads what [Identity.Marshal] wrote.
func ParseIdentity(seed []byte) (*Identity, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a relay's key has %d bytes, not %d", ed25519.SeedSize, len(seed))
	}
	return identity(ed25519.NewKeyFromSeed(seed))
}

// identity signs a certificate with its own key. Its dates bound nothing: the key is the identity.
func identity(private ed25519.PrivateKey) (*Identity, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("sign a relay's certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read a relay's certificate: %w", err)
	}
	return &Identity{
		key: keyOf(cert), private: private,
		cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: cert},
	}, nil
}

func keyOf(cert *x509.Certificate) Key {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return Key(hex.EncodeToString(sum[:]))
}

// Key is the public name of the identity.
func (i *Identity) Key() Key { return i.key }

// String is the key.
func (i *Identity) String() string { return string(i.key) }

// Marshal is the secret of the identity, to hand to the machine that is to have it.
func (i *Identity) Marshal() []byte { return i.private.Seed() }

// ErrStranger is wrapped by the error of a connection to or from a machine whose key was not expected.
var ErrStranger = errors.New("the machine has another key than expected")

// talk is the TLS configuration of either side of a connection with the holder of one of the keys.
func (i *Identity) talk(with ...Key) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{i.cert}, ClientAuth: tls.RequireAnyClientCert,
		InsecureSkipVerify: true, //nolint:gosec // there is no authority to ask: the key itself is compared below
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !slices.Contains(with, keyOf(s.PeerCertificates[0])) {
				return ErrStranger
			}
			return nil
		},
	}
}
