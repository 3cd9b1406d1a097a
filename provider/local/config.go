package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"
)

// names are safe as a folder and as the host part of a URL.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Name == "" {
		cfg.Name = "local"
	}
	if !names.MatchString(cfg.Name) {
		return cfg, fmt.Errorf("cloud name %q: want lower-case letters, digits, '.', '_' and '-'", cfg.Name)
	}
	if cfg.Scheme == "" {
		cfg.Scheme = cfg.Name
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Container == nil {
		cfg.Container = findContainer()
	}
	return cfg, errors.Join(cfg.setDir(), cfg.setExecutable(), cfg.setSize(), supported())
}

func (cfg *Config) setDir() error {
	if cfg.Dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no folder to keep things in: set Config.Dir: %w", err)
		}
		cfg.Dir = filepath.Join(cache, "broker")
	}
	dir, err := filepath.Abs(cfg.Dir)
	cfg.Dir = dir
	return err
}

func (cfg *Config) setExecutable() error {
	if cfg.Executable != "" {
		path, err := filepath.Abs(cfg.Executable)
		cfg.Executable = path
		return err
	}
	path, err := os.Executable()
	cfg.Executable = path
	return err
}

func (cfg *Config) setSize() error {
	if cfg.CPUs < 0 || cfg.Memory < 0 {
		return fmt.Errorf("CPUs %d and memory %v must not be negative", cfg.CPUs, cfg.Memory)
	}
	if cfg.CPUs == 0 {
		cfg.CPUs = runtime.NumCPU()
	}
	if cfg.Memory == 0 && !cfg.Unlimited {
		memory, err := machineMemory()
		if err != nil {
			return fmt.Errorf("how much memory the machine has is not known: set Config.Memory: %w", err)
		}
		cfg.Memory = memory
	}
	return nil
}

// findContainer is nil when there is no container runtime.
func findContainer() []string {
	for _, name := range []string{"podman", "docker"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path, "run"}
		}
	}
	return nil
}

// environment is what every task's environment starts from.
func environment() []string {
	env := []string{"PATH=" + orElse(os.Getenv("PATH"), "/usr/local/bin:/usr/bin:/bin"), "LANG=" + orElse(os.Getenv("LANG"), "C.UTF-8")}
	if home, err := os.UserHomeDir(); err == nil {
		env = append(env, "HOME="+home)
	}
	return slices.Clip(env)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
