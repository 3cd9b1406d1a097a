package main

import (
	"time"

	"github.com/openintercloud/broker/examples/internal/insetb"
	"github.com/openintercloud/broker/sky"
)

// aboutInset asks about the pipeline. Its best plan is the fastest as well as the cheapest; so that there is a trade-off to
// show, suppose that the model could also be trained, slowly, on one small accelerator.
func aboutInset() (*questions, error) {
	prices, err := insetb.Prices()
	if err != nil {
		return nil, err
	}
	slow := insetb.Job(
		sky.On("t4:1").Image("bert-cuda:1").Takes(45*time.Hour),
		sky.On("inferentia:1").Image("bert-neuron:1").Takes(70*time.Hour))
	return &questions{
		prices: prices, job: insetb.Job(), wide: slow, suppose: "if train could also take 45 h on one T4 or 70 h on one Inferentia",
		stage: "infer", artifact: "train/model",
		hurry: insetb.Job().Deadline(5 * time.Hour),
		other: insetb.Job().Rules(sky.Clouds("aws", "azure")), rule: "gcp is forbidden",
	}, nil
}
