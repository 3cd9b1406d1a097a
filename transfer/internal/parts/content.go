package parts

import (
	"fmt"

	"github.com/openintercloud/broker/transfer"
)

// Content is what an upload is made of.
type Content struct {
	Parts  []Part // 1 to n
	Whole  Part   // what they sum up to; its N and Tag mean nothing
	Single bool   // one request will do, with Held as the body
	Held   []byte
}

// Content is what there is now, when parts 1 to n are there, of the size that was promised, and sum up to what is expected: else
// ErrInvalid or ErrCorrupt.
func (u *Upload) Content() (Content, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return Content{}, errOver()
	}
	c := Content{Single: !u.begun && len(u.parts) <= 1, Held: u.held}
	var err error
	if c.Parts, err = u.inOrder(); err != nil {
		return Content{}, err
	}
	c.Whole = Whole(c.Parts)
	if want := u.expect; want != nil {
		if c.Whole.Size != int64(want.Size) || c.Whole.HasCRC && c.Whole.CRC32C != want.CRC32C {
			return Content{}, fmt.Errorf("the parts are %d bytes with crc32c %08x, expected were %d with %08x: %w",
				c.Whole.Size, c.Whole.CRC32C, int64(want.Size), want.CRC32C, transfer.ErrCorrupt)
		}
	}
	return c, nil
}

// inOrder checks that all parts are there, with the sizes that were promised. The lock is held.
func (u *Upload) inOrder() ([]Part, error) {
	parts, promised := make([]Part, len(u.parts)), int64(u.opts.PartSize)
	for i := range parts {
		p, ok := u.parts[i+1]
		if !ok {
			return nil, fmt.Errorf("part %d is missing: %w", i+1, transfer.ErrInvalid)
		}
		if promised > 0 && (p.Size > promised || p.Size < promised && i+1 < len(parts)) {
			return nil, fmt.Errorf("part %d has %d bytes, promised were %d: %w", i+1, p.Size, promised, transfer.ErrInvalid)
		}
		parts[i] = p
	}
	return parts, nil
}

// Whole is what is known of parts joined in their order. Its N and Tag mean nothing.
func Whole(parts []Part) Part {
	all := Part{HasCRC: true}
	for _, p := range parts {
		all.HasCRC = all.HasCRC && p.HasCRC
		all.CRC32C = transfer.CombineCRC32C(all.CRC32C, p.CRC32C, p.Size)
		all.Size += p.Size
	}
	return all
}
