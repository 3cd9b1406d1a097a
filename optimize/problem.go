package optimize

// Problem asks for one option per variable: the cheapest (or fastest, or cleanest) choice that keeps every rule.
// It is plain data: no clouds, no jobs, only indices and whole numbers. The zero value of every field but Vars is
// usable. Solve never changes a Problem, so one may be shared between goroutines as long as nobody writes to it.
type Problem struct {
	// Classes is the number of place classes. Options of one class are interchangeable to edges and groups.
	Classes int
	// Zones, Regions and Clouds give, per class, the domain it lies in; Groups compare these. The numbers mean
	// nothing beyond being equal or not. nil: every class is a domain of its own.
	Zones, Regions, Clouds []int
	// Vars are what must be placed: stages, and artifacts pinned to a place (variables with one option).
	Vars []Var
	// Edges are the data and the order between variables. They must form no cycle.
	Edges []Edge
	// Tariffs are the tables edges point into; many edges share one.
	Tariffs []Tariff
	// Groups are the rules that bind several variables at once.
	Groups []Group
	// Limits bound what the chosen options use up together: quotas, machines of a type at a place.
	Limits []Capacity
	// Meters are tiered prices of moved data, fed by Tariff.Meter.
	Meters []Meter
	// Objective says what to minimise; the zero value is money.
	Objective Objective
	// Then are further aims: among plans of equal value the one best in the first of them wins, and so on, before the
	// ranking stated at Objective. Blend can only be the last aim of all. nil: that ranking alone.
	Then []Aim
	// Deadline bounds the makespan in milliseconds; 0: none.
	Deadline int64
	// Budget bounds money in micro-dollars; 0: none.
	Budget int64
	// CarbonCap bounds carbon in milligrams of CO2e; 0: none.
	CarbonCap int64
}

// Var is one thing to place.
type Var struct {
	// Name appears in errors only; it may be empty.
	Name string
	// Options are the ways to place it. None at all makes the problem infeasible; exactly one pins the variable.
	Options []Option
	// marks holds, per option, what options are only ever set aside for one another: those with the same mark. nil: all.
	// It tells options apart that use limits differently; see withMarks.
	marks []int32
}

// Option is one way to place a variable.
type Option struct {
	// Class is the place class, 0 to Problem.Classes-1.
	Class int
	// Money is the price in micro-dollars, Time the duration in milliseconds, Carbon the emission in milligrams of
	// CO2e. None may be negative.
	Money, Time, Carbon int64
}

// NoTariff marks an edge that only orders: To starts after From ends, nothing moves, every pair of classes will do.
const NoTariff = -1

// Edge says that To starts only once From has ended and its data, if any, has arrived.
type Edge struct {
	// From and To are indices into Problem.Vars.
	From, To int
	// KB is the size moved, in units of 1,000 bytes.
	KB int64
	// Tariff is an index into Problem.Tariffs, or NoTariff.
	Tariff int
	// Artifact numbers an output of From; 0: an output nobody shares. Edges with the same From and the same
	// Artifact above zero carry the same data (KB and Tariff must agree): however many consumers sit in one class,
	// its money and carbon are paid once per class. Each consumer still waits its own transfer time.
	Artifact int
}

// Tariff is what moving data from class a to class b costs. Every table has Classes*Classes entries, row by row:
// the entry of (a, b) stands at a*Classes+b. A nil table is all zeros. The diagonal is not special: write zeros there if
// staying is free.
type Tariff struct {
	// Money is in micro-dollars per GB; -1 forbids the pair, also for an edge of no bytes.
	// One edge costs (KB*Money+500000)/1000000, that is half up.
	Money []int64
	// Time is in milliseconds per GB, rounded like Money.
	Time []int64
	// Fixed is a set-up time in milliseconds, added to Time whatever the size.
	Fixed []int64
	// Carbon is in milligrams of CO2e per GB, rounded like Money.
	Carbon []int64
	// Meter says which meter the KB of a pair also feed: 1 plus an index into Problem.Meters; 0 none.
	Meter []int
}

// Level says which domains a Group compares.
type Level int

// The levels, from small to large.
const (
	Zone Level = iota
	Region
	Cloud
)

// GroupKind says what a Group asks of its members.
type GroupKind int

const (
	// Together: all members in one domain.
	Together GroupKind = iota
	// Apart: no two members in one domain.
	Apart
	// Spread: members in at least Group.Min different domains.
	Spread
)

// Group binds the domains of several variables.
type Group struct {
	// Name appears in errors only; it may be empty.
	Name string
	// Kind is what is asked, Level the domains it is asked of.
	Kind  GroupKind
	Level Level
	// Vars are the members, indices into Problem.Vars, each at most once.
	Vars []int
	// Min is the number of different domains a Spread needs; other kinds ignore it.
	Min int
}

// Aim is the kind of an objective.
type Aim int

const (
	// Cost minimises money, in micro-dollars.
	Cost Aim = iota
	// Time minimises the makespan, in milliseconds.
	Time
	// Carbon minimises carbon, in milligrams of CO2e.
	Carbon
	// Blend minimises money plus priced time plus priced carbon, in micro-dollars.
	Blend
)

// Objective is what to minimise.
//
// Plans of equal value are ranked by money, then makespan, then carbon, then by the first variable (in Problem order)
// whose options differ: the lower option index wins. Before that, an option is set aside for good if another of the
// same variable and class, with the same use of every Capacity, is no worse in money, time and carbon, and better in one
// or earlier in the list.
type Objective struct {
	// Aim is what to minimise; the zero value is Cost.
	Aim Aim
	// PerHour is the price of an hour of makespan in micro-dollars, for Blend: (makespan*PerHour+1800000)/3600000.
	PerHour int64
	// PerKg is the price of a kilogram of CO2e in micro-dollars, for Blend: each option and each paid edge adds
	// (carbon*PerKg+500000)/1000000 by itself.
	PerKg int64
}

// Limit bounds the work of one call, besides its context. The zero value is the default.
type Limit struct {
	// Nodes is the number of partial plans looked at after which Solve stops with the best plan so far; 0: 300,000,
	// ten seconds or so. Unlike a context's deadline it gives the same answer on every machine.
	Nodes int
}
