package azblob

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/openintercloud/broker/transfer"
)

// classify gives an error of the SDK the meaning that the contract has for it. It is pure. The text of the SDK's error has the URL,
// which may hold a signature: it is told without.
func classify(err error) error {
	for _, known := range []error{
		transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid, transfer.ErrCorrupt, transfer.ErrSlowDown,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	if broken, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", broken.Op, broken.Err)
	}
	said, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return err
	}
	kind := kindOf(bloberror.Code(said.ErrorCode), said.StatusCode)
	return &refusal{kind: kind, status: said.StatusCode, code: said.ErrorCode}
}

// refusal is what the store said, without the request.
type refusal struct {
	kind   error // of the contract; nil = it has no word for it
	status int
	code   string
}

// Error says what the store said.
func (r *refusal) Error() string {
	text := fmt.Sprintf("the store answered %d %s", r.status, http.StatusText(r.status))
	if r.code != "" {
		text += " (" + r.code + ")"
	}
	if r.kind != nil {
		return r.kind.Error() + ": " + text
	}
	return text
}

// Unwrap returns the meaning.
func (r *refusal) Unwrap() error { return r.kind }

// kindOf decides by the code of the store, then by the status. It is nil for what the contract has no word for.
func kindOf(code bloberror.Code, status int) error {
	switch code {
	case bloberror.ContainerNotFound:
		return nil // no statement about the object
	case bloberror.ConditionNotMet, bloberror.SourceConditionNotMet, bloberror.TargetConditionNotMet, bloberror.BlobAlreadyExists,
		bloberror.UnauthorizedBlobOverwrite, bloberror.InvalidBlockList:
		return transfer.ErrConflict
	case bloberror.MD5Mismatch, bloberror.CRC64Mismatch:
		return transfer.ErrCorrupt
	case bloberror.InvalidRange, bloberror.InvalidURI, bloberror.InvalidResourceName, bloberror.OutOfRangeInput, bloberror.MetadataTooLarge,
		bloberror.InvalidMetadata, bloberror.EmptyMetadataKey, bloberror.RequestBodyTooLarge, bloberror.BlockCountExceedsLimit,
		bloberror.RequestURLFailedToParse:
		return transfer.ErrInvalid
	case bloberror.ServerBusy:
		return transfer.ErrSlowDown
	}
	switch status {
	case http.StatusNotFound:
		return transfer.ErrNotFound
	case http.StatusPreconditionFailed, http.StatusNotModified:
		return transfer.ErrConflict
	case http.StatusRequestedRangeNotSatisfiable:
		return transfer.ErrInvalid
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return transfer.ErrSlowDown
	}
	return nil
}

func isMissing(err error) bool { return err != nil && errors.Is(classify(err), transfer.ErrNotFound) }

func isConflict(err error) bool { return err != nil && errors.Is(classify(err), transfer.ErrConflict) }

func status(err error) int {
	if said, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return said.StatusCode
	}
	return 0
}
