package gcs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/api/googleapi"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/transfer"
)

// A number has one name, and only a name of a part has a number.
func TestOnlyPartsHaveNumbers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"part-1", "part-", "part--0001", "round-1-00001", "part-000001", "part-99999999999999999999", ""} {
		require.Zero(t, partNumber(name), name)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringMatching(`part-[0-9+-]{0,7}`), rapid.String()).Draw(t, "name")
		if n := partNumber(name); n != 0 {
			require.Equal(t, name, partName(n))
		}
	})
}

func TestPartNamesSortByNumber(t *testing.T) {
	t.Parallel()
	for n := 1; n < maxParts; n++ {
		require.Less(t, partName(n), partName(n+1))
		require.Equal(t, n, partNumber(partName(n)))
	}
}

// Three rounds of compose do for as many parts as there may be.
func TestRoundsOfCompose(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, maxParts, maxSources*maxSources*maxSources)
}

func TestKeysThatGoogleDoesNotTake(t *testing.T) {
	t.Parallel()
	for _, key := range []string{".", "a\nb", "a\rb", strings.Repeat("x", 1025), ".well-known/acme-challenge/x", PartsPrefix + "x", "../x", ""} {
		require.ErrorIs(t, checkKey(key), transfer.ErrInvalid, "%q", key)
	}
	for _, key := range []string{"...", ".well-known/x", strings.Repeat("x", 1024), ".broker-partsx", "é"} {
		require.NoError(t, checkKey(key), "%q", key)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want error
	}{
		{&googleapi.Error{Code: 404}, transfer.ErrNotFound},
		{&googleapi.Error{Code: 412}, transfer.ErrConflict},
		{&googleapi.Error{Code: 416}, transfer.ErrInvalid},
		{&googleapi.Error{Code: 429}, transfer.ErrSlowDown},
		{&googleapi.Error{Code: 503}, transfer.ErrSlowDown},
		{&googleapi.Error{Code: 400, Message: `Provided CRC32C "a" doesn't match calculated CRC32C "b".`}, transfer.ErrCorrupt},
		{fmt.Errorf("part 1: %w", transfer.ErrInvalid), transfer.ErrInvalid},
	} {
		require.ErrorIs(t, classify(c.err), c.want)
		require.ErrorIs(t, classify(c.err), c.err, "the cause stays")
	}
	for _, err := range []error{&googleapi.Error{Code: 500}, &googleapi.Error{Code: 403}, errors.New("reset"), &googleapi.Error{Code: 404, Message: "The specified bucket does not exist."}} {
		require.Equal(t, err, classify(err), "the contract has no word for it")
	}
}
