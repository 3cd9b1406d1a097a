package insetb

import (
	"embed"
	"io/fs"
	"time"

	"github.com/openintercloud/broker/catalog"
	"github.com/openintercloud/broker/sky"
)

//go:embed catalog/*.csv
var files embed.FS

// Prices are what the clouds of the paper offer. An error names the file and line that is wrong.
func Prices() (*catalog.Catalog, error) {
	dir, err := fs.Sub(files, "catalog")
	if err != nil {
		return nil, err
	}
	return catalog.Load(dir)
}

// Job is the pipeline: private reviews are made anonymous, a model is trained on them, and then used. more are further ways
// to train. Each call makes a job of its own.
func Job(more ...*sky.Alternative) *sky.Job {
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
