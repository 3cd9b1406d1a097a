package optimize

import (
	"fmt"
	"math/big"
	"slices"
)

// charge pays for what a meter was fed, tier by tier from the top: what lies above a tier's start and was not there before.
func (a *auditor) charge(m Meter, kb *big.Int) {
	before := big.NewInt(m.Used)
	after := new(big.Int).Add(before, kb)
	for _, t := range slices.Backward(m.Tiers) {
		start := big.NewInt(t.From)
		part := new(big.Int).Sub(above(after, start), above(before, start))
		a.pay(halfUp(part.Mul(part, big.NewInt(t.Money)), 1e6), new(big.Int))
		if after.Cmp(start) > 0 {
			after = start
		}
		if before.Cmp(start) > 0 {
			before = start
		}
	}
}

// above is by how much n exceeds start, if it does.
func above(n, start *big.Int) *big.Int {
	d := new(big.Int).Sub(n, start)
	if d.Sign() < 0 {
		d.SetInt64(0)
	}
	return d
}

func (a *auditor) capacities() error {
	for i, l := range a.p.Limits {
		used := new(big.Int)
		for _, u := range l.Uses {
			if a.s.Choice[u.Var] == u.Option {
				used.Add(used, big.NewInt(u.Amount))
			}
		}
		if used.Cmp(big.NewInt(l.Max)) > 0 {
			return fmt.Errorf("limit %d %q of %d exceeded: %v", i, l.Name, l.Max, used)
		}
	}
	return nil
}
