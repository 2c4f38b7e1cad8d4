package expr

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/spec"
)

var goMemory = memory.NewGoAllocator()

// wireNumber is a number in JSON: 1.5, true, "nan", "inf", "-inf", or [re, im].
type wireNumber struct {
	c     complex128
	i     int64
	whole bool // i holds it exactly
}

func (w *wireNumber) UnmarshalJSON(raw []byte) error {
	var pair []json.RawMessage
	if len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
			return spec.Expected("value", "[re, im]", string(raw))
		}
		re, err := wireFloat(pair[0])
		if err != nil {
			return err
		}
		im, err := wireFloat(pair[1])
		w.c = complex(re, im)
		return err
	}
	if i, err := strconv.ParseInt(string(raw), 10, 64); err == nil && string(raw) != "-0" {
		w.c, w.i, w.whole = complex(float64(i), 0), i, true
		return nil
	}
	x, err := wireFloat(raw)
	w.c = complex(x, 0)
	return err
}

func wireFloat(raw []byte) (float64, error) {
	switch string(raw) {
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	case `"nan"`:
		return math.NaN(), nil
	case `"inf"`:
		return math.Inf(1), nil
	case `"-inf"`:
		return math.Inf(-1), nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, spec.Expected("value", `a number, true, false, "nan", "inf" or "-inf"`, string(raw))
	}
	return x, nil
}
