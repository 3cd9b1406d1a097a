package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nodeName is the one node there is, and pollPods how often it looks for work.
const (
	nodeName  = "node-of-a-test"
	pollPods  = 100 * time.Millisecond
	heartbeat = 5 * time.Second
)

// Kubelet makes a cluster run pods until the test ends: it registers a node, binds every pod to it, runs the command of
// the pod's one container as a process of this machine (whatever its image), reports how it ended, serves what it
// printed as its log, and ends it when the pod is deleted. Restarts, volumes and more than one container it does not know.
func Kubelet(tb testing.TB, c Cluster) {
	tb.Helper()
	k := &kubelet{cluster: c, logs: logServer(tb), pods: map[string]*container{}}
	require.NoError(tb, k.register(tb.Context()))
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan error, 1)
	go func() { done <- k.run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("the kubelet of the test: %v", err)
		}
	})
}

// pod is what the kubelet reads of one.
type pod struct {
	Metadata struct {
		Name, Namespace, UID string
		Labels, Annotations  map[string]string
		DeletionTimestamp    *time.Time // when it is to be gone
	} `json:"metadata"`
	Spec struct {
		NodeName   string
		Containers []struct {
			Name, WorkingDir string
			Command, Args    []string
			Env              []struct {
				Name, Value string
				ValueFrom   *struct{ FieldRef *struct{ FieldPath string } }
			}
		}
	} `json:"spec"`
	Status struct{ Phase string } `json:"status"`
}

func (p *pod) path() string {
	return "/api/v1/namespaces/" + p.Metadata.Namespace + "/pods/" + p.Metadata.Name
}

func (p *pod) over() bool { return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" }

// field is a part of the pod by its path: metadata.labels['name'].
func (p *pod) field(path string) string {
	name := strings.TrimSuffix(path[strings.Index(path, "'")+1:], "']")
	switch {
	case strings.HasPrefix(path, "metadata.labels["):
		return p.Metadata.Labels[name]
	case strings.HasPrefix(path, "metadata.annotations["):
		return p.Metadata.Annotations[name]
	case path == "metadata.namespace":
		return p.Metadata.Namespace
	}
	return p.Metadata.Name
}

// container is a process of this machine.
type container struct {
	cmd     *exec.Cmd // nil = it could not be started
	started time.Time
	ended   time.Time
	exit    int
	reason  string
	done    chan struct{}
	told    bool // the cluster knows that it ended
}

func (c *container) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *container) signal(s syscall.Signal) {
	if c.cmd != nil && !c.over() {
		_ = syscall.Kill(-c.cmd.Process.Pid, s) // gone already is what is wanted
	}
}

type kubelet struct {
	cluster Cluster
	logs    *logs
	pods    map[string]*container // by the UID of the pod
	beat    time.Time
}

func (k *kubelet) register(ctx context.Context) error {
	return k.call(ctx, http.MethodPost, "/api/v1/nodes", "application/json", map[string]any{
		"metadata": map[string]any{"name": nodeName}, "status": k.status(),
	}, nil)
}

func (k *kubelet) status() map[string]any {
	now := time.Now().UTC().Format(time.RFC3339)
	room := map[string]any{"cpu": "16", "memory": "16Gi", "pods": "200"}
	return map[string]any{
		"capacity": room, "allocatable": room,
		"addresses":       []any{map[string]any{"type": "InternalIP", "address": "127.0.0.1"}},
		"daemonEndpoints": map[string]any{"kubeletEndpoint": map[string]any{"Port": k.logs.port}},
		"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "a kubelet of a test",
			"lastHeartbeatTime": now, "lastTransitionTime": now,
		}},
	}
}

// run works until ctx ends and then ends what it started.
func (k *kubelet) run(ctx context.Context) error {
	defer func() {
		for _, c := range k.pods {
			c.signal(syscall.SIGKILL)
			<-c.done
		}
	}()
	tick := time.NewTicker(pollPods)
	defer tick.Stop()
	for {
		if err := k.turn(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// turn looks at every pod once.
func (k *kubelet) turn(ctx context.Context) error {
	if time.Since(k.beat) > heartbeat {
		k.beat = time.Now()
		if err := k.patch(ctx, "/api/v1/nodes/"+nodeName+"/status", k.status()); err != nil {
			return err
		}
	}
	var list struct{ Items []pod }
	if err := k.call(ctx, http.MethodGet, "/api/v1/pods", "", nil, &list); err != nil {
		return err
	}
	for i := range list.Items {
		if err := k.see(ctx, &list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// see does the next thing for a pod.
func (k *kubelet) see(ctx context.Context, p *pod) error {
	c := k.pods[p.Metadata.UID]
	switch deleted := p.Metadata.DeletionTimestamp; {
	case c != nil && c.over() && !c.told:
		c.told = true
		return k.report(ctx, p, c)
	case deleted != nil && c != nil && !c.over():
		c.signal(syscall.SIGTERM)
		if time.Now().After(*deleted) {
			c.signal(syscall.SIGKILL)
		}
		return nil
	case deleted != nil:
		return k.call(ctx, http.MethodDelete, p.path(), "application/json", map[string]any{
			"gracePeriodSeconds": 0, "preconditions": map[string]any{"uid": p.Metadata.UID},
		}, nil)
	case p.Spec.NodeName == "":
		return k.call(ctx, http.MethodPost, p.path()+"/binding", "application/json", map[string]any{
			"metadata": map[string]any{"name": p.Metadata.Name}, "target": map[string]any{"kind": "Node", "name": nodeName},
		}, nil)
	case c == nil && !p.over():
		c = k.begin(p)
		k.pods[p.Metadata.UID] = c
		return k.report(ctx, p, c)
	}
	return nil
}

// begin starts the process of a pod's container.
func (k *kubelet) begin(p *pod) *container {
	spec := p.Spec.Containers[0]
	c := &container{done: make(chan struct{}), started: time.Now(), reason: "Error"}
	argv := append(append([]string{}, spec.Command...), spec.Args...)
	if len(argv) == 0 {
		argv = []string{"true"}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.SysProcAttr = spec.WorkingDir, &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(os.Environ(), "HOSTNAME="+p.Metadata.Name)
	for _, e := range spec.Env {
		if e.ValueFrom != nil && e.ValueFrom.FieldRef != nil {
			e.Value = p.field(e.ValueFrom.FieldRef.FieldPath)
		}
		cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
	}
	cmd.Stdout = k.logs.of(p.Metadata.Namespace, p.Metadata.Name, spec.Name)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		c.exit, c.reason, c.ended = 128, "StartError", time.Now()
		close(c.done)
		return c
	}
	c.cmd = cmd
	go func() {
		defer close(c.done)
		_ = cmd.Wait() // the way it ended is in its state
		c.ended, c.exit = time.Now(), cmd.ProcessState.ExitCode()
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			c.exit = 128 + int(status.Signal())
		}
	}()
	return c
}

// report tells the cluster how a container is.
func (k *kubelet) report(ctx context.Context, p *pod, c *container) error {
	started := c.started.UTC().Format(time.RFC3339)
	phase, state := "Running", map[string]any{"running": map[string]any{"startedAt": started}}
	if c.over() {
		c.told, phase = true, "Failed"
		if c.exit == 0 {
			c.reason, phase = "Completed", "Succeeded"
		}
		state = map[string]any{"terminated": map[string]any{
			"exitCode": c.exit, "reason": c.reason, "startedAt": started, "finishedAt": c.ended.UTC().Format(time.RFC3339),
		}}
	}
	ready := "False"
	if phase == "Running" {
		ready = "True"
	}
	return k.patch(ctx, p.path()+"/status", map[string]any{
		"phase": phase, "startTime": started, "hostIP": "127.0.0.1", "podIP": "127.0.0.1", "podIPs": []any{map[string]any{"ip": "127.0.0.1"}},
		"conditions": []any{map[string]any{"type": "Ready", "status": ready, "lastTransitionTime": started}},
		"containerStatuses": []any{map[string]any{
			"name": p.Spec.Containers[0].Name, "image": "none", "imageID": "none", "containerID": "process://" + p.Metadata.UID,
			"ready": phase == "Running", "started": phase == "Running", "restartCount": 0, "state": state,
		}},
	})
}

func (k *kubelet) patch(ctx context.Context, path string, status map[string]any) error {
	return k.call(ctx, http.MethodPatch, path, "application/merge-patch+json", map[string]any{"status": status}, nil)
}

// call is one request. That a pod changed or went away meanwhile is no error: the next turn sees it.
func (k *kubelet) call(ctx context.Context, method, path, kind string, body, into any) error {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, k.cluster.URL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	res, err := k.cluster.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusConflict:
		return nil
	case res.StatusCode > 299:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	case into != nil:
		return json.Unmarshal(answer, into)
	}
	return nil
}
