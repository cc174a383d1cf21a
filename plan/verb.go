package plan

// A Verb is what a row asks for. Its names are the words of the operation column.
type Verb uint8

//go:generate go tool enumer -type=Verb -text -transform=lower

const (
	_ Verb = iota
	Copy
	Move
	Delete
	Upload
)

// A Kind is what an operation does at the API.
type Kind uint8

//go:generate go tool enumer -type=Kind -text -trimprefix=Kind -transform=lower

const (
	_ Kind = iota
	KindCopy
	KindDelete
	KindUpload
)
