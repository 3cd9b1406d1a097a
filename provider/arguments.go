package provider

import "strings"

// Arguments is Argv as it is to be run: {in.NAME} and {out.NAME} stand for the path of an input or output, which paths
// tells by the artifact's variable. What names no artifact of the task is left as it is.
func (t Task) Arguments(paths map[string]string) []string {
	var known []string
	for _, d := range t.Inputs {
		known = append(known, "{in."+d.Name+"}", paths[d.Variable])
	}
	for _, d := range t.Outputs {
		known = append(known, "{out."+d.Name+"}", paths[d.Variable])
	}
	replacer := strings.NewReplacer(known...)
	argv := make([]string, len(t.Argv))
	for i, arg := range t.Argv {
		argv[i] = replacer.Replace(arg)
	}
	return argv
}
