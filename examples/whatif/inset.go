package main

import (
	"embed"
	"io/fs"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

//go:embed catalog/*.csv
var files embed.FS

// pipeline is the job: private reviews are made anonymous, a model is trained on them, and then used. More are further
// ways to train.
func pipeline(more ...*sky.Alternative) *sky.Job {
	job := sky.NewJob("reviews")
	raw := job.Dataset("raw", "az://reviews/raw/", 8*sky.GB).At("azure/eastus")
	clean := job.Stage("proc").Image("opaque:0.9").Command("filter", "--drop", "name").
		Needs(sky.Confidential("sgx")).
		Reads(raw).Writes("reviews", 1*sky.GB).Takes(36 * time.Minute)
	train := job.Stage("train").Either(
		sky.On("tpu-v3:8").Image("bert-tpu:1").Takes(4*time.Hour),
		sky.On("v100:4").Image("bert-cuda:1").Takes(8*time.Hour+24*time.Minute)).
		Either(more...).
		Reads(clean.Output("reviews")).Writes("model", 110*sky.MB)
	job.Stage("infer").Either(
		sky.On("inferentia:1").Image("bert-neuron:1").Takes(111*time.Hour/100),
		sky.On("t4:1").Image("bert-cuda:1").Takes(179*time.Hour/100)).
		Reads(train.Output("model"))
	return job
}

// aboutInset asks about the pipeline. Its best plan is the fastest as well as the cheapest; so that there is a trade-off to
// show, suppose that the model could also be trained, slowly, on one small accelerator.
func aboutInset() (*questions, error) {
	dir, err := fs.Sub(files, "catalog")
	if err != nil {
		return nil, err
	}
	prices, err := catalog.Load(dir)
	if err != nil {
		return nil, err
	}
	slow := pipeline(
		sky.On("t4:1").Image("bert-cuda:1").Takes(45*time.Hour),
		sky.On("inferentia:1").Image("bert-neuron:1").Takes(70*time.Hour))
	return &questions{
		prices: prices, job: pipeline(), wide: slow, suppose: "if train could also take 45 h on one T4 or 70 h on one Inferentia",
		stage: "infer", artifact: "train/model",
		hurry: pipeline().Deadline(5 * time.Hour),
		other: pipeline().Rules(sky.Clouds("aws", "azure")), rule: "gcp is forbidden",
	}, nil
}
