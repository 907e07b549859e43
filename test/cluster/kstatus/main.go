// Reads objects as lines of JSON and answers each with the status that kstatus computes, in a line: what Flux and kpt go by.
package main

import (
	"bufio"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

const longestLine = 16 * 1024 * 1024

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		fmt.Println(statusOf(lines.Bytes()))
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func statusOf(line []byte) string {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(line); err != nil {
		return "unreadable: " + err.Error()
	}
	result, err := status.Compute(object)
	if err != nil {
		return "error: " + err.Error()
	}
	return result.Status.String()
}
