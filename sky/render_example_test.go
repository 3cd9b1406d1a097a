package sky_test

import (
	"fmt"
	"os"
	"time"

	"github.com/openintercloud/broker/sky"
)

func ExampleJob_Mermaid() {
	job := sky.NewJob("words")
	raw := job.Dataset("raw", "s3://words/raw/", 2*sky.GB)
	count := job.Stage("count").Command("count").Reads(raw).Writes("table", 5*sky.MB).Takes(10 * time.Minute)
	job.Stage("plot").Command("plot").Reads(count.Output("table")).Needs(sky.CPUs(2))
	fmt.Print(job.Mermaid())
	// Output:
	// flowchart LR
	//   n0[("raw<br/>2 GB")]
	//   n1["count<br/>10m"]
	//   n2["plot<br/>2 CPUs"]
	//   n0 -->|"raw, 2 GB"| n1
	//   n1 -->|"count/table, 5 MB"| n2
}

func ExampleProgress() {
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	progress := sky.NewProgress(sky.ProgressConfig{Writer: os.Stdout, Plain: true})
	progress.Handle(sky.Event{Time: start, Kind: sky.RunStarted, Detail: "words"})
	progress.Handle(sky.Event{Time: start.Add(3200 * time.Millisecond), Kind: sky.StageRunning, Stage: "count", Place: "aws/us-east-1"})
	progress.Handle(sky.Event{Time: start.Add(12 * time.Minute), Kind: sky.StageReleased, Stage: "count", Cost: 12 * sky.Dollar / 100})
	if err := progress.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// +0s      run started: words
	// +3.2s    count: running at aws/us-east-1
	// +12m     count: released for $0.1200
}
