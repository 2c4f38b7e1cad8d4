package spec

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

type sample struct {
	Step  float64   `spec:"dt" default:"0.5" range:"(0,inf)"`
	Order string    `spec:"order" default:"\"random\"" oneof:"random,sequential"`
	Count int       `spec:"count" range:"[1,10]"`
	Wrap  []bool    `spec:"wrap" default:"true"`
	Free  float64   `spec:"free" default:"\"inf\"" allow:"inf"`
	Scale []float64 `spec:"scale" default:"[1,2]"`
}

func TestDecodeFillsDefaultsAndChecks(t *testing.T) {
	var s sample
	require.NoError(t, Decode(json.RawMessage(`{"type":"sample","count":3.0,"wrap":[true,false]}`), &s, nil))
	require.Equal(t, sample{0.5, "random", 3, []bool{true, false}, math.Inf(1), []float64{1, 2}}, s)

	for text, want := range map[string]string{
		`{}`:                              "count is required",
		`{"count":0}`:                     "sample.count: expected a number in [1,10], got 0",
		`{"count":1.5}`:                   "sample.count: expected an integer, got 1.5",
		`{"count":1e300}`:                 "sample.count: expected an integer",
		`{"count":null}`:                  "sample.count: expected an integer",
		`{"count":1,"dt":0}`:              "sample.dt: expected a number in (0,inf), got 0",
		`{"count":1,"dt":"nan"}`:          "sample.dt: expected a finite number, got NaN",
		`{"count":1,"dt":"inf"}`:          "sample.dt: expected a finite number, got +Inf",
		`{"count":1,"dt":null}`:           "sample.dt: expected a number, got null",
		`{"count":1,"dt":[]}`:             "sample.dt: expected a number",
		`{"count":1,"order":"backwards"}`: `expected one of random,sequential, got "backwards"`,
		`{"count":1,"order":3}`:           "sample.order: expected a string, got 3",
		`{"count":1,"wrap":[true,1]}`:     "sample.wrap[1]: expected true or false, got 1",
		`{"count":1,"sweps":3,"a":1}`:     `sample has no parameter "a", "sweps"; it has: dt, order, count`,
		`[1]`:                             "expected a JSON object",
		`{"count":`:                       "expected a JSON object",
	} {
		err := Decode(json.RawMessage(text), &s, nil)
		require.ErrorContains(t, err, want, text)
		require.Equal(t, SpecError, Of(err).Class)
	}
}

func TestInputIndex(t *testing.T) {
	in := Inputs{"a", "b"}
	v, is, err := InputIndex(json.RawMessage(`{"input":1}`), in, "x")
	require.NoError(t, err)
	require.True(t, is)
	require.Equal(t, "b", v)
	for _, text := range []string{`{"input":2}`, `{"input":-1}`, `{"input":"x"}`, `{"input":1e99}`} {
		_, _, err = InputIndex(json.RawMessage(text), in, "x")
		require.Error(t, err, text)
	}
	_, is, err = InputIndex(json.RawMessage(`3`), in, "x")
	require.NoError(t, err)
	require.False(t, is)
}

func TestErrorsCrossTheBorder(t *testing.T) {
	err := Mismatch("Wolff", "a model without fields", "h of shape (4,)").Try("erg.SwendsenWang()").With("bad", math.NaN())
	var back Error
	require.NoError(t, json.Unmarshal([]byte(Wire(err)), &back), "a field that JSON cannot carry is left out, not the error")
	require.Equal(t, "Wolff needs a model without fields; got h of shape (4,)", back.Message)
	require.Equal(t, "Try erg.SwendsenWang().", back.Suggest)
	require.Equal(t, InternalError, Of(errors.New("foreign")).Class)
	require.Nil(t, Of(nil))
}

// Whatever bytes come in, Decode answers with a typed error or a value inside its ranges.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"count":3,"dt":1e-3,"wrap":[true],"order":"sequential"}`))
	f.Add([]byte(`{"count":{"input":0}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s sample
		if err := Decode(raw, &s, Inputs{1}); err != nil {
			require.Equal(t, SpecError, Of(err).Class)
			return
		}
		require.True(t, s.Step > 0 && s.Count >= 1 && s.Count <= 10)
	})
}
