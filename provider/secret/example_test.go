package secret_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/openintercloud/broker/provider/secret"
)

func Example() {
	token := secret.New("hunter2")
	fmt.Printf("%v %+v %q\n", token, struct{ Token secret.Secret }{token}, token)
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.Info("signed in", "token", token)
	fmt.Println(len(token.Reveal()), "characters")
	// Output:
	// [redacted] {Token:[redacted]} [redacted]
	// level=INFO msg="signed in" token=[redacted]
	// 7 characters
}
