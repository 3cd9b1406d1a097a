package local

import (
	"regexp"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/provider/fault"
)

// keys are safe as the name of a folder.
var keys = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$`)

// fail makes an error of this cloud.
func (c *Cloud) fail(op string, kind fault.Kind, scope fault.Scope, code string, err error) *fault.Error {
	return &fault.Error{Op: op, Cloud: c.cfg.Name, Kind: kind, Scope: scope, Code: code, Err: err}
}

// explain makes any error one of this cloud, at a place.
func (c *Cloud) explain(op string, place catalog.Place, err error) error {
	return fault.At(op, c.cfg.Name, place.String(), err)
}
