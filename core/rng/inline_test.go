package rng

import (
	"os/exec"
	"strings"
	"testing"
)

// Less must be inlined where it is called. Catches one node too many in its body.
func TestLessInlines(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Skipf("no compiler here: %v", err)
	}
	if !strings.Contains(string(out), "can inline (*Stream).Less") {
		t.Error("expected the compiler to inline (*Stream).Less")
	}
}
