package transfer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/mem"
)

// Copy a prefix from one store to another and publish the set at once.
func ExampleCopy() {
	ctx := context.Background()
	here, there := mem.New("here"), mem.New("there")
	for _, name := range []string{"a", "b", "c"} {
		if _, err := transfer.Put(ctx, here, "reviews/"+name, []byte("text of "+name), transfer.CreateOptions{}); err != nil {
			fmt.Println(err)
			return
		}
	}
	report, err := transfer.Copy(ctx,
		transfer.Target{Bucket: there, Key: "run1/reviews/"},
		transfer.Target{Bucket: here, Key: "reviews/"},
		transfer.Options{Publish: "run1/reviews.manifest"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Objects, "objects,", report.Bytes)
	for _, o := range report.Copied {
		fmt.Printf("%s %d bytes, crc32c %08x\n", o.Key, int64(o.Size), o.CRC32C)
	}
	m, err := transfer.ReadManifest(ctx, there, "run1/reviews.manifest")
	fmt.Println(m.Digest == report.Digest, err)
	// Output:
	// 3 objects, 27 B
	// run1/reviews/a 9 bytes, crc32c ab9fe42e
	// run1/reviews/b 9 bytes, crc32c b8cf17da
	// run1/reviews/c 9 bytes, crc32c 4aa494d9
	// true <nil>
}

// A failed copy leaves nothing behind, and its error keeps its meaning.
func ExampleCopy_conflict() {
	ctx := context.Background()
	here, there := mem.New("here"), mem.New("there")
	for _, b := range []transfer.Bucket{here, there} {
		if _, err := transfer.Put(ctx, b, "model", []byte("weights"), transfer.CreateOptions{}); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err := transfer.Copy(ctx, transfer.Target{Bucket: there, Key: "model"}, transfer.Target{Bucket: here, Key: "model"},
		transfer.Options{IfAbsent: true})
	fmt.Println(errors.Is(err, transfer.ErrConflict))
	// Output: true
}
