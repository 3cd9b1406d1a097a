package local

import (
	"maps"
	"slices"
	"strings"

	"github.com/openintercloud/broker/provider"
	"github.com/openintercloud/broker/provider/remote"
)

// contain makes a job run in its task's image. Data are mounted where they lie. Secrets go by name only, so that the
// runtime takes them from its environment; the rest of the task's environment does not reach the runtime itself.
func (c *Cloud) contain(job *remote.Job, task provider.Task, d data) {
	name := "sky-" + task.Key
	argv := slices.Concat(c.cfg.Container, []string{"--rm", "--name", name, "--network", "host"})
	for _, path := range slices.Concat(d.reads, d.linked) {
		argv = append(argv, "-v", path+":"+path+":ro")
	}
	for _, path := range append(slices.Clone(d.writes), job.Env[provider.ProgressVariable]) {
		argv = append(argv, "-v", path+":"+path)
	}
	inside := maps.Clone(job.Env)
	maps.Copy(inside, task.Env)
	for _, key := range slices.Sorted(maps.Keys(inside)) {
		argv = append(argv, "-e", key+"="+inside[key])
	}
	for _, key := range slices.Sorted(maps.Keys(task.Secrets)) {
		argv = append(argv, "-e", key)
	}
	argv = append(argv, task.Image)
	switch {
	case task.Script != "":
		argv = append(argv, "sh", "-c", task.Script, "sh")
	default:
		argv = append(argv, task.Arguments(d.paths)...)
	}
	job.Argv, job.Env = argv, nil
	job.Cleanup = slices.Concat(c.runtime(), []string{"rm", "-f", name})
	if len(job.Health) > 0 {
		job.Health = slices.Concat(c.runtime(), []string{"exec", name}, job.Health)
	}
}

// runtime is the container command without its "run".
func (c *Cloud) runtime() []string {
	n := slices.IndexFunc(c.cfg.Container, func(w string) bool { return strings.EqualFold(w, "run") })
	if n < 0 {
		n = len(c.cfg.Container)
	}
	return c.cfg.Container[:n]
}
