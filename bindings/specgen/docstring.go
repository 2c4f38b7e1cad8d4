package main

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

const (
	module    = "github.com/ergodica/ergodica/"
	textWidth = 100
)

// structDoc is what the source says of a struct: its comment, and each field's by the field's Go name.
type structDoc struct {
	text   string
	fields map[string]string
}

// comments reads the Go sources of the packages that define specs, each once.
type comments struct {
	root     string
	packages map[string]map[string]structDoc // package path, struct name
}

func newComments(root string) *comments {
	return &comments{root, map[string]map[string]structDoc{}}
}

func (c *comments) of(t reflect.Type) (structDoc, error) {
	path := t.PkgPath()
	if c.packages[path] == nil {
		structs, err := readStructs(filepath.Join(c.root, strings.TrimPrefix(path, module)))
		if err != nil {
			return structDoc{}, err
		}
		c.packages[path] = structs
	}
	doc, ok := c.packages[path][t.Name()]
	if !ok || doc.text == "" {
		return doc, fmt.Errorf("%s.%s has no comment", path, t.Name())
	}
	return doc, nil
}

func readStructs(dir string) (map[string]structDoc, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	found := map[string]structDoc{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, s := range gen.Specs {
				t := s.(*ast.TypeSpec)
				if body, ok := t.Type.(*ast.StructType); ok {
					doc := t.Doc
					if doc == nil {
						doc = gen.Doc
					}
					found[t.Name.Name] = structDoc{doc.Text(), fieldComments(body)}
				}
			}
		}
	}
	return found, nil
}

func fieldComments(body *ast.StructType) map[string]string {
	texts := map[string]string{}
	for _, f := range body.Fields.List {
		text := f.Doc.Text()
		if text == "" {
			text = f.Comment.Text() // behind the field, on its line
		}
		for _, name := range f.Names {
			texts[name.Name] = strings.TrimSpace(text)
		}
	}
	return texts
}

// docstring is the NumPy-style text of a class, quoted and indented.
func docstring(doc structDoc, params []parameter, fits map[string][]string) (string, error) {
	p := comment.Parser{LookupSym: func(_, _ string) bool { return true }} // [Wolff] is Wolff
	var lead []comment.Block
	type section struct {
		title  string
		blocks []comment.Block
	}
	var sections []section
	for _, b := range p.Parse(doc.text).Content {
		if h, ok := b.(*comment.Heading); ok {
			sections = append(sections, section{title: plain(h)})
		} else if n := len(sections); n > 0 {
			sections[n-1].blocks = append(sections[n-1].blocks, b)
		} else {
			lead = append(lead, b)
		}
	}
	parts := []string{render(lead, "    ", textWidth)}
	if len(params) > 0 {
		var b strings.Builder
		for _, q := range params {
			fmt.Fprintf(&b, "%s : %s\n%s\n", q.name, q.about(), indent(render(p.Parse(q.text).Content, "", textWidth-4), "    "))
		}
		parts = append(parts, headed("Parameters", b.String()))
	}
	if lines := fitting(fits); lines != "" {
		parts = append(parts, headed("Methods that fit", lines))
	}
	for _, s := range sections {
		parts = append(parts, headed(s.title, render(s.blocks, "", textWidth)))
	}
	text := strings.Join(parts, "\n\n")
	if strings.Contains(text, `"""`) {
		return "", fmt.Errorf(`its comment contains """`)
	}
	quote := `"""`
	if strings.Contains(text, `\`) {
		quote = `r"""`
	}
	return "    " + quote + strings.TrimPrefix(indent(text, "    "), "    ") + "\n    \"\"\"\n", nil
}

// fitting lists a system's methods, one line a verb.
func fitting(fits map[string][]string) string {
	var lines []string
	for verb, methods := range fits {
		slices.Sort(methods)
		line := "erg." + verb + " : "
		for i, m := range methods {
			if i < len(methods)-1 {
				m += ", "
			}
			if at := strings.LastIndexByte(line, '\n'); len(line)-at+len(m) > textWidth {
				line = strings.TrimRight(line, " ") + "\n    "
			}
			line += m
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// about is the type of a parameter with its choices, range, unit and default.
func (p parameter) about() string {
	text := p.kind
	if p.bounds != "" {
		text += ", in " + p.bounds
	}
	if p.unit != "" {
		text += ", unit " + p.unit
	}
	if p.value != "" {
		text += ", default " + p.value
	}
	return text
}

func headed(title, body string) string {
	return title + "\n" + strings.Repeat("-", len(title)) + "\n" + strings.TrimRight(body, "\n")
}

func plain(h *comment.Heading) string {
	var b strings.Builder
	for _, t := range h.Text {
		if s, ok := t.(comment.Plain); ok {
			b.WriteString(string(s))
		}
	}
	return b.String()
}

// render lays out blocks at a width; lines of indented blocks get the prefix.
func render(blocks []comment.Block, prefix string, width int) string {
	const mark = "\x00" // an empty prefix would mean the printer's own
	pr := comment.Printer{TextWidth: width, TextCodePrefix: mark + prefix}
	text := string(pr.Text(&comment.Doc{Content: blocks}))
	return strings.TrimRight(strings.ReplaceAll(text, mark, ""), "\n")
}

func indent(text, by string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l = strings.TrimRight(l, " \t"); l != "" {
			l = by + l
		}
		lines[i] = strings.ReplaceAll(l, "\t", "    ")
	}
	return strings.Join(lines, "\n")
}
