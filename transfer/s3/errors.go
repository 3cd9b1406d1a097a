package s3

import (
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/openintercloud/broker/transfer"
)

// classify gives an error of the SDK the meaning that the contract has for it. It is pure.
func classify(err error) error {
	for _, known := range []error{
		transfer.ErrNotFound, transfer.ErrConflict, transfer.ErrInvalid, transfer.ErrCorrupt, transfer.ErrSlowDown,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	if kind := kindOf(errorCode(err), status(err)); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

// kindOf decides by the code of the store, then by the status. It is nil for what the contract has no word for.
func kindOf(code string, status int) error {
	switch code {
	case "NoSuchKey", "NotFound", "NoSuchUpload", "NoSuchVersion":
		return transfer.ErrNotFound
	case "PreconditionFailed", "ConditionalRequestConflict":
		return transfer.ErrConflict
	case "BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch":
		return transfer.ErrCorrupt
	case "InvalidRange", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "KeyTooLongError", "KeyTooLong",
		"MetadataTooLarge", "InvalidURI", "InvalidArgument", "InvalidObjectName",
		"DirectoryObjectContainsData", "ExistingObjectIsDirectory", "ObjectParentIsFile": // the last three: a store that keeps files
		return transfer.ErrInvalid
	case "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequests", "TooManyRequestsException", "ServiceUnavailable":
		return transfer.ErrSlowDown
	case "NoSuchBucket":
		return nil // no statement about the object
	}
	switch status {
	case http.StatusNotFound:
		return transfer.ErrNotFound
	case http.StatusPreconditionFailed:
		return transfer.ErrConflict
	case http.StatusRequestedRangeNotSatisfiable:
		return transfer.ErrInvalid
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return transfer.ErrSlowDown
	}
	return nil
}

func errorCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// isMissing reports whether the object is not there.
func isMissing(err error) bool {
	return errors.Is(classify(err), transfer.ErrNotFound) && errorCode(err) != "NoSuchUpload"
}

func isConflict(err error) bool { return errors.Is(classify(err), transfer.ErrConflict) }
