package azblob

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/openintercloud/broker/transfer"
)

func FuzzReadStamp(f *testing.F) {
	for _, seed := range []string{"", "00000000-0-x", "deadbeef-123-abcdefgh", "deadbeef-123", "deadbeef--1-x", "DEADBEEF-1-x", "0000000-1-x y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s := readStamp(text); s.known {
			require.Equal(t, text, s.String())
		}
	})
}

func FuzzReadBlock(f *testing.F) {
	u := &upload{mark: "0123456789abcdef"}
	f.Add(u.blockID(sentBlock, 7, 0xdeadbeef))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, id string) {
		if p, ours := u.readBlock(id, 5); ours {
			require.Equal(t, id, p.Tag)
			require.Positive(t, p.N)
		}
	})
}

// A block's name tells what was sent, and nothing of what somebody else did.
func TestBlockNames(t *testing.T) {
	t.Parallel()
	u := &upload{mark: markOf("a")}
	for _, n := range []int{1, 10, maxParts} {
		for _, crc := range []uint32{0, 1, 0xffffffff} {
			id := u.blockID(sentBlock, n, crc)
			require.Len(t, id, len(u.blockID(copiedBlock, 1, 0)), "all names of a blob have one length")
			p, ours := u.readBlock(id, 9)
			require.True(t, ours)
			require.Equal(t, n, p.N)
			require.Equal(t, crc, p.CRC32C)
			require.True(t, p.HasCRC)
			p, ours = u.readBlock(u.blockID(othersBlock, n, crc), 9)
			require.True(t, ours)
			require.False(t, p.HasCRC)
			_, ours = (&upload{mark: markOf("b")}).readBlock(id, 9)
			require.False(t, ours)
		}
	}
}

// Metadata comes back as it was, whatever its values, in whatever case the store tells the keys.
func TestMetadataComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		meta := rapid.MapOfN(rapid.StringMatching(`[a-z_][a-z0-9_]{0,8}`), rapid.String(), 0, 4).Draw(t, "meta")
		delete(meta, SumKey)
		encoded, err := encodeMeta(meta)
		if err != nil {
			require.ErrorIs(t, err, transfer.ErrInvalid)
			return
		}
		for k, v := range encoded {
			require.True(t, plain(*v) || *v != meta[k], "%q is no header", *v)
		}
		text := stamp{crc: 5, size: 6, mark: "m"}.String()
		encoded[SumKey] = &text
		decoded, sum := decodeMeta(encoded)
		require.True(t, sum.known)
		if len(meta) == 0 {
			require.Nil(t, decoded)
			return
		}
		require.Equal(t, meta, decoded)
	})
}

func TestRefusedMetadata(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"", "Upper", "with-dash", "1digit", "schlüssel", "a b", SumKey} {
		_, err := encodeMeta(map[string]string{k: "v"})
		require.ErrorIs(t, err, transfer.ErrInvalid, "%q", k)
	}
	_, err := encodeMeta(map[string]string{"k": string(make([]byte, maxMeta))})
	require.ErrorIs(t, err, transfer.ErrInvalid)
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{404, "BlobNotFound", transfer.ErrNotFound},
		{404, "", transfer.ErrNotFound},
		{409, "BlobAlreadyExists", transfer.ErrConflict},
		{412, "ConditionNotMet", transfer.ErrConflict},
		{400, "InvalidBlockList", transfer.ErrConflict},
		{400, "Md5Mismatch", transfer.ErrCorrupt},
		{416, "InvalidRange", transfer.ErrInvalid},
		{503, "ServerBusy", transfer.ErrSlowDown},
		{429, "", transfer.ErrSlowDown},
	} {
		err := classify(&azcore.ResponseError{StatusCode: c.status, ErrorCode: c.code})
		require.ErrorIs(t, err, c.want)
		require.ErrorContains(t, err, c.code)
	}
	err := classify(&azcore.ResponseError{StatusCode: 404, ErrorCode: "ContainerNotFound"})
	require.NotErrorIs(t, err, transfer.ErrNotFound, "that says nothing of an object")
}
