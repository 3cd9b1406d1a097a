package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

// A directory is a bucket: what a program wrote there is an object, and what is put there is a file.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "bucket")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "by-hand.txt"), []byte("hello"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	b, err := file.Open(dir, file.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	if _, err := transfer.Put(ctx, b, "sub/put.txt", []byte("hello, too"), transfer.CreateOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	for obj, err := range b.List(ctx, "") {
		fmt.Println(obj.Key, obj.Size, obj.HasCRC, err)
	}
	// Output:
	// by-hand.txt 5 B false <nil>
	// sub/put.txt 10 B true <nil>
}
