package engine_test

import (
	"fmt"
	"time"

	"github.com/openintercloud/broker/internal/engine"
)

// One stage that runs one task: four records, each with the facts of a step and the commands it led to.
func ExampleMachine() {
	m := engine.New()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	id := func(v engine.Verb) engine.CommandID { return engine.CommandID{Stage: 0, Attempt: 1, Verb: v} }
	for _, fact := range []engine.Event{
		{
			Kind:        engine.Planned,
			Spec:        &engine.Spec{Run: "demo", Stages: []engine.Stage{{Name: "hello"}}},
			Assignments: []engine.Assignment{{Stage: 0, Cloud: "local", Tasks: 1, Cost: 10}},
		},
		{Kind: engine.Allocated, ID: id(engine.Allocate)},
		{Kind: engine.Exited, ID: id(engine.Run)},
		{Kind: engine.Released, ID: id(engine.Release), Cost: 7},
	} {
		commands := m.Step(now, []engine.Event{fact})
		fmt.Print(fact.Kind, " →")
		for _, c := range commands {
			fmt.Print(" ", c.ID)
		}
		fmt.Println()
		now = now.Add(time.Second)
	}
	st := m.Status()
	fmt.Println(st.State, st.Spent, m.Stage(0).Attempts[0].Ended.Format(time.TimeOnly))
	// Output:
	// planned → stage 0 attempt 1 allocate 0
	// allocated → stage 0 attempt 1 run 0
	// exited → stage 0 attempt 1 release 0
	// released →
	// succeeded 7 00:00:02
}

// After a crash the journal gives the machine back, and the machine says what to issue again.
func ExampleReplay() {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := engine.New()
	plan := []engine.Event{{
		Kind:        engine.Planned,
		Spec:        &engine.Spec{Run: "demo", Stages: []engine.Stage{{Name: "hello"}}},
		Assignments: []engine.Assignment{{Stage: 0, Cloud: "local", Tasks: 1}},
	}}
	record := engine.NewRecord(plan, m.Step(at, plan))

	again, err := engine.Replay(func(yield func(engine.Entry, error) bool) {
		yield(engine.Entry{At: at, Record: record}, nil)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	again.Step(at, []engine.Event{{Kind: engine.Resumed, Epoch: 2}})
	for _, c := range again.Outstanding() {
		fmt.Println(c.ID)
	}
	// Output:
	// stage 0 attempt 1 allocate 0
}
