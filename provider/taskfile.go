package provider

// TaskFile is the content, as JSON, of the file that [TaskVariable] names: the task, and where the machine keeps what
// the task reads and writes. A provider writes it before it starts the task; it holds no secret.
type TaskFile struct {
	Task     Task              `json:"task"`
	Paths    map[string]string `json:"paths,omitempty"` // path of each input and output, by Data.Variable
	Progress string            `json:"progress"`        // path of the file named by ProgressVariable
}
