package transfer

import (
	"fmt"
	"sync"

	"github.com/openintercloud/broker/catalog/unit"
)

// Tariff is what a transfer is charged. The zero value is free.
type Tariff struct {
	// Egress is the price of moving so many bytes, in all, out of the source towards the destination. Tiers are its own affair: it
	// is asked for totals, which only grow. It may be called concurrently. Default: free.
	Egress func(total unit.Bytes) unit.Money
	Read   unit.Price // of one request that reads: a range, a description
	Write  unit.Price // of one request that writes: an object, a part, the begin and the end of an upload in parts
	List   unit.Price // of one page of a listing, of 1,000 objects
}

// Usage is what a tariff is charged for.
type Usage struct {
	Bytes  unit.Bytes // out of the source
	Reads  int64
	Writes int64
	Lists  int64
}

// plus is the sum of two usages.
func (u Usage) plus(v Usage) Usage {
	return Usage{u.Bytes + v.Bytes, u.Reads + v.Reads, u.Writes + v.Writes, u.Lists + v.Lists}
}

// Cost is what a usage costs. An amount that does not fit is [unit.ErrOverflow].
func (t *Tariff) Cost(u Usage) (unit.Money, error) {
	if t == nil {
		return 0, nil
	}
	var all unit.Money
	if t.Egress != nil {
		all = t.Egress(u.Bytes)
	}
	for _, x := range []struct {
		price unit.Price
		n     int64
	}{{t.Read, u.Reads}, {t.Write, u.Writes}, {t.List, u.Lists}} {
		money, err := x.price.For(unit.Count(x.n))
		if err != nil {
			return 0, fmt.Errorf("price %d requests: %w", x.n, err)
		}
		all += money
	}
	return all, nil
}

// SpendError says that going on would cost more than Options.Spend. Nothing beyond the limit was asked for.
type SpendError struct {
	Spent unit.Money // so far
	Next  unit.Money // what the next request would have brought it to
	Limit unit.Money
}

// Error names the amounts.
func (e *SpendError) Error() string {
	return fmt.Sprintf("stopped before spending more than %s: %s are spent, the next request makes it %s; raise Spend, with a Ledger the copy then goes on",
		e.Limit, e.Spent, e.Next)
}

// Is makes a SpendError one of those that are not tried again.
func (e *SpendError) Is(target error) bool { return target == errRefused }

// meter adds up what a call uses, and stops it before it costs too much.
type meter struct {
	tariff *Tariff
	limit  unit.Money

	mu    sync.Mutex
	used  Usage
	spent unit.Money
}

// charge is called before a request with what it will use.
func (m *meter) charge(u Usage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.used.plus(u)
	cost, err := m.tariff.Cost(used)
	if err != nil {
		return refusal{err}
	}
	if m.limit > 0 && cost > m.limit {
		return &SpendError{Spent: m.spent, Next: cost, Limit: m.limit}
	}
	m.used, m.spent = used, cost
	return nil
}

// refund takes back bytes that were charged but did not come.
func (m *meter) refund(bytes unit.Bytes) {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.used
	used.Bytes -= bytes
	if cost, err := m.tariff.Cost(used); err == nil {
		m.used, m.spent = used, cost
	}
}

// total is what has been used.
func (m *meter) total() (Usage, unit.Money) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used, m.spent
}
