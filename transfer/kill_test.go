package transfer_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openintercloud/broker/catalog/unit"
	"github.com/openintercloud/broker/transfer"
	"github.com/openintercloud/broker/transfer/file"
)

// killDir is the environment variable that makes the test binary a child to be killed: the folder it works in.
const killDir = "TRANSFER_TEST_KILL_DIR"

const (
	killPart    = 128 << 10
	killStreams = 4
	killParts   = 64 // of the large object
)

// marking writes a mark for each part that it is asked to store.
type marking struct {
	*file.Bucket
	out io.Writer
}

func (m marking) Create(ctx context.Context, key string, opts transfer.CreateOptions) (transfer.Upload, error) {
	up, err := m.Bucket.Create(ctx, key, opts)
	if err != nil {
		return nil, err
	}
	return markingUpload{up.(abilities), m.out}, nil
}

func (m marking) Resume(ctx context.Context, key, token string, opts transfer.CreateOptions) (transfer.Upload, []transfer.StoredPart, error) {
	up, parts, err := m.Bucket.Resume(ctx, key, token, opts)
	if err != nil {
		return nil, nil, err
	}
	return markingUpload{up.(abilities), m.out}, parts, nil
}

type abilities interface {
	transfer.Resumable
	transfer.Expecter
	io.Closer
}

type markingUpload struct {
	abilities
	out io.Writer
}

func (m markingUpload) Part(ctx context.Context, n int, r io.ReadSeeker) error {
	if _, err := io.WriteString(m.out, "p"); err != nil {
		return err
	}
	return m.abilities.Part(ctx, n, r)
}

// killMe is the child: it copies, and marks what it does on its standard output.
func killMe(dir string) error {
	src, err := file.Open(filepath.Join(dir, "src"), file.Options{})
	if err != nil {
		return err
	}
	dst, err := file.Open(filepath.Join(dir, "dst"), file.Options{Create: true, NoSync: true})
	if err != nil {
		return err
	}
	_, err = transfer.Copy(context.Background(), at(marking{dst, os.Stdout}, "out/"), at(src, ""), transfer.Options{
		PartSize: killPart, Streams: killStreams, Ledger: filepath.Join(dir, "ledger"), IfAbsent: true,
	})
	return err
}

// child runs a copy until it has stored so many parts, and kills it then; it tells how many it has stored in all, and whether the copy
// had ended before.
func child(t *testing.T, dir string, parts int) (stored int, ended bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for marks := bufio.NewReader(out); ; stored++ {
		if _, err := marks.ReadByte(); err != nil {
			break
		}
		if stored+1 == parts {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	err = cmd.Wait()
	require.True(t, err == nil || stored >= parts, "%v: %s", err, stderr.String())
	require.Empty(t, stderr.String())
	return stored, err == nil
}

// TestCopyGoesOnAfterKill kills a copy between two directories again and again, at random parts, until it ends.
func TestCopyGoesOnAfterKill(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir, dice := t.TempDir(), rand.New(rand.NewPCG(seed, 1))
			objects := map[string][]byte{"large": random(seed, killPart*killParts-5)}
			for i := range 20 {
				objects[fmt.Sprintf("small/%d", i)] = random(uint64(i), dice.IntN(2*killPart))
			}
			least := 0
			for key, p := range objects {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, "src", key)), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "src", key), p, 0o644))
				least += (len(p) + killPart - 1) / killPart
			}
			sent, kills := 0, 0
			for ended := false; !ended; kills++ { // the last is none, or was late
				var n int
				n, ended = child(t, dir, 1+dice.IntN(killParts/3))
				sent += n
				_, err := os.Stat(filepath.Join(dir, "ledger", "journal.log"))
				ended = ended || err != nil // killed when all was done
			}
			require.LessOrEqual(t, sent, least+kills*(killStreams+1), "what had been stored was sent again")

			dst, err := file.Open(filepath.Join(dir, "dst"), file.Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, dst.Close()) }()
			got := content(t, dst, "out/")
			require.Len(t, got, len(objects))
			for key, p := range objects {
				require.True(t, string(p) == got["out/"+key], key)
			}
			left, err := fs.Glob(os.DirFS(filepath.Join(dir, "dst")), ".broker/uploads/*")
			require.NoError(t, err)
			require.Empty(t, left, "uploads are left")
			require.NoFileExists(t, filepath.Join(dir, "ledger", "journal.log"))
		})
	}
}

// TestResumeReadsWhatIsStored: a part whose data did not survive is not believed.
func TestResumeReadsWhatIsStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := file.Open(dir, file.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	opts := transfer.CreateOptions{Size: 300, PartSize: 100}
	up, err := b.Create(t.Context(), "x", opts)
	require.NoError(t, err)
	for n := 1; n <= 3; n++ {
		require.NoError(t, up.Part(t.Context(), n, bytes.NewReader(random(uint64(n), 100))))
	}
	require.NoError(t, up.Part(t.Context(), 3, bytes.NewReader(random(7, 100))), "the second of a part lies beside")
	token := up.(transfer.Resumable).Token()
	require.NoError(t, up.(io.Closer).Close())
	data := filepath.Join(dir, ".broker", "uploads", token)
	f, err := os.OpenFile(data, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("lost"), 150)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	again, parts, err := b.Resume(t.Context(), "x", token, opts)
	require.NoError(t, err)
	require.Equal(t, []transfer.StoredPart{
		{N: 1, Size: 100, CRC32C: transfer.CRC32C(0, random(1, 100)), HasCRC: true},
		{N: 3, Size: 100, CRC32C: transfer.CRC32C(0, random(7, 100)), HasCRC: true},
	}, parts)
	require.NoError(t, again.Part(t.Context(), 2, bytes.NewReader(random(2, 100))))
	obj, err := again.Commit(t.Context())
	require.NoError(t, err)
	require.Equal(t, 300*unit.B, obj.Size)
	require.Equal(t, map[string]string{"x": string(random(1, 100)) + string(random(2, 100)) + string(random(7, 100))}, content(t, b, ""))
	left, err := filepath.Glob(filepath.Join(dir, ".broker", "uploads", "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
