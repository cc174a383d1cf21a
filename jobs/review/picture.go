package review

import (
	"fmt"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// Fields are the fields of an image that a Picture shows. A read that asks for them costs
// no call more.
var Fields = []string{graph.FieldHash, graph.FieldName, graph.FieldStatus, graph.FieldThumbnail, graph.FieldWidth, graph.FieldHeight,
	graph.FieldCreated, graph.FieldCreatives, graph.FieldAssociated}

// Picture is what a contact sheet shows of an image. What the API did not tell is zero.
type Picture struct {
	Account   plan.Account
	Hash      plan.Hash
	Name      string
	Status    string    // ACTIVE, INTERNAL or DELETED
	Thumbnail string    // URL, as the API gave it
	Width     int       // pixels, as uploaded
	Height    int       // pixels, as uploaded
	Created   time.Time // by the API's clock
	Use       string    // in words
	Why       string    // it would go, in words; empty if nothing is to go
}

// Of is the picture of an image in an ad account.
func Of(a plan.Account, i graph.Image) Picture {
	p := Picture{Account: a, Hash: plan.Hash(i.Hash), Name: i.Name, Status: strings.ToUpper(i.Status), Thumbnail: i.Thumbnail,
		Width: int(i.Width), Height: int(i.Height), Use: use(i)}
	p.Created, _ = i.CreatedAt()
	return p
}

// use says what the API tells of an image's use. Its list of creatives is documented to be
// incomplete, so the words name the source.
func use(i graph.Image) string {
	switch n := len(i.Creatives); {
	case n == 1:
		return "used by 1 creative"
	case n > 1:
		return fmt.Sprintf("used by %d creatives", n)
	case i.Use() == graph.Used:
		return "associated with creatives"
	case i.Use() == graph.Unused:
		return "no creative listed"
	}
	return "use not told"
}
