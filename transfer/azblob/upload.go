package azblob

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // what the service compares guards against accidents, not against people
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/internal/parts"
)

// upload is one object on its way: a part 1 that is held in memory, or blocks whose names begin with the upload's mark.
type upload struct {
	b           *Bucket
	key         string
	token, mark string // the mark is the token's, of fixed length
	opts        transfer.CreateOptions
	meta        map[string]*string // encoded
	parts       *parts.Upload
}

var (
	_ transfer.Expecter   = (*upload)(nil)
	_ transfer.PartSigner = (*upload)(nil)
)

// defaultType is the content type of an object that was given none, as Azure has it.
const defaultType = "application/octet-stream"

func (b *Bucket) newUpload(key, token string, opts transfer.CreateOptions) (*upload, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	meta, err := encodeMeta(opts.Meta)
	if err != nil {
		return nil, err
	}
	opts.Meta, opts.ContentType = maps.Clone(opts.Meta), cmp.Or(opts.ContentType, defaultType)
	u := &upload{b: b, key: key, token: token, mark: markOf(token), opts: opts, meta: meta}
	u.parts = parts.New(parts.Config{Most: maxParts, Hold: int64(b.cfg.HoldSize), Send: u.send}, opts)
	return u, nil
}

// markOf is what the names of an upload's blocks begin with: they must have one length.
func markOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// Kinds of blocks: what is known of their checksum.
const (
	sentBlock   = 's' // the service compared it
	othersBlock = 'o' // somebody else sent it: nothing is sure
	copiedBlock = 'c' // the service copied it
)

// blockID names a block. All blocks of a blob must have names of the same length. The name tells the checksum, which Azure does not.
func (u *upload) blockID(kind byte, n int, crc uint32) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%c%05d%08x", u.mark, kind, n, crc))
}

// readBlock undoes blockID. It is false for a block of another upload.
func (u *upload) readBlock(id string, size int64) (parts.Part, bool) {
	text, err := base64.StdEncoding.DecodeString(id)
	rest, ours := strings.CutPrefix(string(text), u.mark)
	p := parts.Part{Tag: id, Size: size}
	var kind byte
	if _, scan := fmt.Sscanf(rest, "%c%05d%08x", &kind, &p.N, &p.CRC32C); err != nil || !ours || scan != nil || u.blockID(kind, p.N, p.CRC32C) != id {
		return parts.Part{}, false
	}
	if p.N < 1 || p.N > maxParts {
		return parts.Part{}, false
	}
	if p.HasCRC = kind == sentBlock; !p.HasCRC {
		p.CRC32C = 0
	}
	return p, true
}

// Part stores part n.
func (u *upload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	if err := u.parts.Part(ctx, n, r); err != nil {
		return u.b.fail("part", u.key, err)
	}
	return nil
}

// send stores a part as a block. There are no empty blocks: an empty part is only remembered.
func (u *upload) send(ctx context.Context, p parts.Part, r io.ReadSeeker) (string, error) {
	if p.Size == 0 {
		return "", nil
	}
	sum, err := checksum(r)
	if err != nil {
		return "", err
	}
	id := u.blockID(sentBlock, p.N, p.CRC32C)
	_, err = u.b.blob(u.key).StageBlock(ctx, id, streaming.NopCloser(r), &blockblob.StageBlockOptions{TransactionalValidation: sum})
	return id, err
}

// checksum is the MD5 of all of r, which stands at its start before and after.
func checksum(r io.ReadSeeker) (blob.TransferValidationTypeMD5, error) {
	sum := md5.New() //nolint:gosec // see above
	if _, err := io.Copy(sum, r); err != nil {
		return nil, err
	}
	_, err := r.Seek(0, io.SeekStart)
	return sum.Sum(nil), err
}

// Expect tells what Commit must find.
func (u *upload) Expect(size unit.Bytes, crc32c uint32) { u.parts.Expect(size, crc32c) }

// Abort forgets the parts. The service throws their blocks away within a week: it cannot be asked to do so before.
func (u *upload) Abort(context.Context) error {
	u.parts.End()
	return nil
}

// Token names the upload. It is empty while nothing has been sent: then there is nothing to resume.
func (u *upload) Token() string {
	if !u.parts.Begun() {
		return ""
	}
	return u.token
}

var errNothing = fmt.Errorf("no part of the upload is there: %w", transfer.ErrNotFound)

// find adopts the blocks that the store has. A part that was sent twice with different content counts as not sent.
func (u *upload) find(ctx context.Context) ([]transfer.StoredPart, error) {
	out, err := u.b.blob(u.key).GetBlockList(ctx, blockblob.BlockListTypeUncommitted, nil)
	if err != nil {
		return nil, err
	}
	blocks := map[int][]parts.Part{}
	highest := 0
	for _, block := range out.UncommittedBlocks {
		if p, ok := u.readBlock(value(block.Name), value(block.Size)); ok {
			blocks[p.N] = append(blocks[p.N], p)
			highest = max(highest, p.N)
		}
	}
	var found []transfer.StoredPart
	for n := 1; n <= highest; n++ {
		if len(blocks[n]) == 1 {
			p := blocks[n][0]
			u.parts.Adopt(p)
			found = append(found, transfer.StoredPart{N: n, Size: unit.Bytes(p.Size), CRC32C: p.CRC32C, HasCRC: p.HasCRC})
		}
	}
	if len(found) == 0 {
		return nil, errNothing
	}
	return found, nil
}

// errNoKey says why nothing can be signed.
var errNoKey = errors.New("sign: only an account's key can sign; set Key")
