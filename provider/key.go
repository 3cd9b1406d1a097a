package provider

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/openintercloud/broker/catalog"
)

// AllocationKey is the idempotency key of one attempt at one place: the same facts give the same key on any host, and
// any other fact another one. It is 26 lower-case letters and digits, starts with a letter, and fits every cloud's
// rules for names and tokens.
func AllocationKey(run, stage string, attempt int, place catalog.Place, offering string, market catalog.Market, spec string) string {
	return key("allocation", run, stage, strconv.Itoa(attempt), place.String(), offering, string(market), spec)
}

// TaskKey is the idempotency key of one task of an attempt. n counts the tasks of that kind.
func TaskKey(run, stage string, attempt int, kind Kind, n int) string {
	return key("task", run, stage, strconv.Itoa(attempt), string(kind), strconv.Itoa(n))
}

// key hashes its parts, each preceded by its length so that no two lists collide.
func key(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil))
	return "k" + strings.ToLower(text[:25])
}

// InputVariable is the environment variable that holds the path of an input artifact: SKY_IN_ and the name in upper
// case, with every character that is not a letter or a digit as "_".
func InputVariable(artifact string) string { return "SKY_IN_" + variable(artifact) }

// OutputVariable is the environment variable that holds the path an output artifact is written to.
func OutputVariable(artifact string) string { return "SKY_OUT_" + variable(artifact) }

// ProgressVariable is the environment variable that names the file a task may write its progress to, as a fraction
// and a note: "0.25 reading".
const ProgressVariable = "SKY_PROGRESS"

// FuncVariable is the environment variable that tells a re-executed host binary which of its Go functions to run. It is
// set for tasks with Func and for no others.
const FuncVariable = "SKY_FUNC"

// TaskVariable is the environment variable that holds the path of the task's record, see [TaskFile], where there is one.
const TaskVariable = "SKY_TASK"

func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}
