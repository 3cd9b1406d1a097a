package s3_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/s3"
	"github.com/openintercloud/broker/transfer/s3/internal/fake"
)

// A bucket of a store that is not Amazon's. Without an endpoint and credentials, the environment's are used.
func Example() {
	ctx := context.Background()
	store := httptest.NewServer(fake.New(fake.Options{}))
	defer store.Close()
	b, err := s3.Open(ctx, "s3://photos", s3.Config{
		Endpoint: store.URL, PathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	obj, err := transfer.Put(ctx, b, "2026/cat.jpg", []byte("meow"), transfer.CreateOptions{ContentType: "image/jpeg", IfAbsent: true})
	fmt.Println(obj.Size, obj.Version, obj.HasCRC, err)
	copied, did, err := b.CopyFrom(ctx, "best/cat.jpg", b, obj, transfer.CreateOptions{ContentType: "image/jpeg"})
	fmt.Println(copied.Size, did, err)
	for obj, err := range b.List(ctx, "") {
		fmt.Println(obj.Key, err)
	}
	// Output:
	// 4 B 4a4be40c96ac6314e91d93f38043a634 true <nil>
	// 4 B true <nil>
	// 2026/cat.jpg <nil>
	// best/cat.jpg <nil>
}
