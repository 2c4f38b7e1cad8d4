package native

import (
	"github.com/apache/arrow/go/v17/arrow"
	arrays "github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/cdata"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// formats are the Arrow types of the dtypes: Arrow's own booleans are bits and its complex numbers do not exist.
var formats = map[array.Dtype]arrow.DataType{
	array.Float64:    arrow.PrimitiveTypes.Float64,
	array.Float32:    arrow.PrimitiveTypes.Float32,
	array.Complex128: &arrow.FixedSizeBinaryType{ByteWidth: 16},
	array.Complex64:  &arrow.FixedSizeBinaryType{ByteWidth: 8},
	array.Int64:      arrow.PrimitiveTypes.Int64,
	array.Int32:      arrow.PrimitiveTypes.Int32,
	array.Int8:       arrow.PrimitiveTypes.Int8,
	array.Uint8:      arrow.PrimitiveTypes.Uint8,
	array.Uint64:     arrow.PrimitiveTypes.Uint64,
	array.Bool:       arrow.PrimitiveTypes.Uint8,
}

// export lends an array's buffer to the reader of two zeroed structs, until it calls their release.
func export(a *array.Array, cArray, cSchema uintptr) error {
	format, known := formats[a.Dtype]
	if !known || (a.Buffer() == nil && a.Len() > 0) {
		return spec.Errorf(spec.InternalError, "a result of dtype %s that cannot be lent", a.Dtype)
	}
	data := arrays.NewData(format, a.Len(), []*memory.Buffer{nil, a.Buffer()}, nil, 0, 0)
	defer data.Release()
	lent := arrays.MakeFromData(data)
	defer lent.Release()
	cdata.ExportArrowArray(lent, cdata.ArrayFromPtr(cArray), cdata.SchemaFromPtr(cSchema))
	return nil
}
