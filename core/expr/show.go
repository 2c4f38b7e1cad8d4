package expr

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ergodica/ergodica/core/array"
)

// String lists the program, one node a line: %id = op{attributes}(operands) : type.
func (p *Program) String() string {
	var s strings.Builder
	for i := range p.Nodes {
		n := &p.Nodes[i]
		fmt.Fprintf(&s, "%%%d = %s%s(", i, n.Op, attrsText(n.Attrs))
		for k, x := range n.Args {
			if k > 0 {
				s.WriteString(", ")
			}
			fmt.Fprintf(&s, "%%%d", x)
		}
		fmt.Fprintf(&s, ") : %v\n", n.Type)
	}
	s.WriteString("return")
	for _, o := range p.Outputs {
		fmt.Fprintf(&s, " %%%d", o)
	}
	return s.String()
}

func attrsText(a *Attrs) string {
	if a == nil {
		return ""
	}
	if v := a.Value; v != nil {
		if v.Len() > 8 {
			return fmt.Sprintf("{%d elements}", v.Len())
		}
		return fmt.Sprintf("{%s}", literalText(v))
	}
	raw, err := json.Marshal(*a)
	if err != nil {
		return "{?}"
	}
	text := strings.ReplaceAll(strings.Trim(string(raw), "{}"), `"`, "")
	if a.Program != nil {
		text = fmt.Sprintf("program of %d nodes %s", len(a.Program.Nodes), text)
	}
	return "{" + text + "}"
}

func literalText(a *array.Array) string {
	v := valOf(a)
	var parts []string
	for k := range v.Len() {
		switch {
		case v.f != nil:
			parts = append(parts, fmt.Sprint(v.f[k]))
		case v.c != nil:
			parts = append(parts, fmt.Sprint(v.c[k]))
		default:
			parts = append(parts, fmt.Sprint(v.i[k]))
		}
	}
	return strings.Join(parts, " ")
}
