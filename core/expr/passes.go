package expr

// Prune removes nodes that no output needs. Inputs stay.
func Prune(p *Program) *Program {
	live := make([]bool, len(p.Nodes))
	for i := range p.Inputs {
		live[i] = true
	}
	for _, o := range p.Outputs {
		live[o] = true
	}
	kept := 0
	for i := len(p.Nodes) - 1; i >= 0; i-- {
		if live[i] {
			kept++
			for _, x := range p.Nodes[i].Args {
				live[x] = true
			}
		}
	}
	q := &Program{Nodes: make([]Node, 0, kept), Inputs: p.Inputs, Outputs: make([]ID, len(p.Outputs))}
	id := make([]ID, len(p.Nodes))
	slab := make([]ID, 0, 2*kept)
	for i := range p.Nodes {
		if !live[i] {
			continue
		}
		n := p.Nodes[i]
		at := len(slab)
		for _, x := range n.Args {
			slab = append(slab, id[x])
		}
		n.Args = slab[at:len(slab):len(slab)]
		id[i] = ID(len(q.Nodes))
		q.Nodes = append(q.Nodes, n)
	}
	for k, o := range p.Outputs {
		q.Outputs[k] = id[o]
	}
	return q
}
