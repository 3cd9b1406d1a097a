package optimize

import "slices"

// pairRule says that two variables must, or must not, share a domain.
type pairRule struct {
	a, b  int
	level Level
	same  bool
}

// pairRules makes rules on pairs of groups: neighbours in the order of at for Together, all pairs for Apart. A Spread over as
// many domains as it has members is one of them.
func (p *Problem) pairRules(at []int) (out []pairRule) {
	for _, g := range p.Groups {
		members := slices.Clone(g.Vars)
		slices.SortFunc(members, func(v, w int) int { return at[v] - at[w] })
		for i := range members {
			switch {
			case g.Kind == Together && i > 0:
				out = append(out, pairRule{members[i-1], members[i], g.Level, true})
			case g.Kind == Apart || g.Kind == Spread && g.Min == len(members):
				for j := range i {
					out = append(out, pairRule{members[j], members[i], g.Level, false})
				}
			}
		}
	}
	return out
}

// impossible says that some group cannot have as many domains as it must.
func impossible(p *Problem) bool {
	return slices.ContainsFunc(p.Groups, func(g Group) bool { return g.Kind == Spread && g.Min > len(g.Vars) })
}

// loose says that a group binds its members in no pair: a spread over fewer domains than members.
func (g *Group) loose() bool { return g.Kind == Spread && g.Min > 1 && g.Min < len(g.Vars) }

// spread is whether a choice of options has the domains that a loose group needs.
func (g *Group) spread(p *Problem, choice []int) bool {
	var seen []int
	for _, v := range g.Vars {
		if d := p.domain(g.Level, p.Vars[v].Options[choice[v]].Class); !slices.Contains(seen, d) {
			seen = append(seen, d)
		}
	}
	return len(seen) >= g.Min
}
