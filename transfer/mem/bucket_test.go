package mem_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/buckettest"
	"github.com/openintercloud/broker/transfer/mem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	buckettest.Run(t, func(t *testing.T) transfer.Bucket {
		b := mem.New(t.Name())
		t.Cleanup(func() {
			if n := b.OpenUploads(); n != 0 {
				t.Errorf("%d uploads were left open", n)
			}
		})
		return b
	})
}
