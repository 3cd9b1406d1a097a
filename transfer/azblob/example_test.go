package azblob_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/azblob"
	"github.com/openintercloud/broker/transfer/azblob/internal/fake"
)

// An object that must not be there yet is stored and read back. With the zero Config this talks to Azure.
func ExampleOpen() {
	server := httptest.NewServer(fake.New(fake.Options{}))
	defer server.Close()
	ctx := context.Background()
	bucket, err := azblob.Open(ctx, "az://account/reviews", azblob.Config{Endpoint: server.URL + "/account", Key: key()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bucket.Close()
	up, err := bucket.Create(ctx, "raw/part-1", transfer.CreateOptions{IfAbsent: true, ContentType: "text/plain"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := up.Part(ctx, 1, bytes.NewReader([]byte("five stars"))); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := up.Commit(ctx); err != nil {
		fmt.Println(err)
		return
	}
	data, obj, err := transfer.Get(ctx, bucket, "raw/part-1")
	fmt.Printf("%s, %d bytes, crc32c %08x, %v\n", data, int64(obj.Size), obj.CRC32C, err)
	// Output: five stars, 10 bytes, crc32c 54919ad0, <nil>
}
