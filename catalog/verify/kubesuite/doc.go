// Package kubesuite checks whether a cluster runs the Jobs of Kubernetes (batch/v1) the way brokers and schedulers rely on:
// how often a job is tried, that it ends when it should, what is left of it when it is deleted. It speaks plain REST, and
// needs a cluster that really runs pods: [Suite] checks what becomes of them, not only what the API stores.
package kubesuite
