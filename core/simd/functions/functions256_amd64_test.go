//go:build goexperiment.simd && amd64

package functions

import (
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

func Test256IsGenerated(t *testing.T) { twin.Narrower(t) }
