package ranged

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/transfer"
)

// Nothing reads a range that may be empty, as one that starts at the end is: all that can be said of it is in the description.
func Nothing(stat func() (transfer.Object, error), r transfer.Range, match string) (io.ReadCloser, error) {
	obj, err := stat()
	if err != nil {
		return nil, err
	}
	if match != "" && obj.Version != match {
		return nil, transfer.ErrConflict
	}
	from, to, err := r.Within(obj.Size)
	if err != nil {
		return nil, err
	}
	if from != to {
		return nil, fmt.Errorf("the store says that byte %d of %d is past the end", from, int64(obj.Size))
	}
	return io.NopCloser(strings.NewReader("")), nil
}

// FirstByte reads the header of a partial answer, "bytes 5-9/100"; it is -1 when there is none.
func FirstByte(contentRange string) int64 {
	text, ok := strings.CutPrefix(contentRange, "bytes ")
	text, _, _ = strings.Cut(text, "-")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !ok {
		return -1
	}
	return n
}
