// Package servers starts other people's servers for tests: object stores, databases, clusters. They are real programs that
// `make setup` got; each listens on a free port of the loopback address, keeps its data in the test's own folder, and is
// stopped when the test ends. Only tests behind `make integration` use it, which tells by environment variables where the
// programs are: SERVERS (a folder of binaries), KUBERNETES (a folder of binaries), PYTHON (an environment with moto and Ray), AZURITE (a folder of npm). What is
// missing fails the test; nothing is skipped.
package servers
