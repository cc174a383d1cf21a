package reports

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"adferry/jobs/review"
)

var (
	//go:embed base.css
	baseStyle string // what all pages share: colours, type, print
	//go:embed sheet.css
	sheetStyle string
	//go:embed sheet.html
	sheetText string
)

// sheetPolicy lets a sheet load thumbnails and apply its own style, and nothing else.
var sheetPolicy = fmt.Sprintf("default-src 'none'; img-src https: http://127.0.0.1:* http://localhost:*; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
	styleSum(baseStyle+sheetStyle))

func styleSum(style string) string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

var sheetTemplate = template.Must(template.New("sheet").Funcs(template.FuncMap{
	"count":    count[int],
	"clean":    OneLine,
	"policy":   func() string { return sheetPolicy },
	"style":    func() template.CSS { return template.CSS(baseStyle + sheetStyle) },
	"pageName": review.PageName,
	"before":   func(page int) int { return page - 1 },
	"after":    func(page int) int { return page + 1 },
}).Parse(sheetText))

// sheetHead is what a page says above its pictures.
type sheetHead struct {
	Eyebrow, Title string
	Lead           string
	Deletes        bool // the pictures are of images that would go
	Notes          []string
	Page, Pages    int // 1 and on; of a sheet on a single page 1 and 1
}

// sheet writes a page of pictures while they are read: memory holds none of them.
type sheet struct {
	w    *bufio.Writer
	head sheetHead
	asOf time.Time // ages are as of then
}

func newSheet(w io.Writer, head sheetHead, asOf time.Time) (*sheet, error) {
	s := &sheet{w: bufio.NewWriterSize(w, 64<<10), head: head, asOf: asOf}
	return s, sheetTemplate.ExecuteTemplate(s.w, "head", head)
}

// add writes a picture.
func (s *sheet) add(p review.Picture) error {
	return sheetTemplate.ExecuteTemplate(s.w, "picture", struct {
		Name, Thumbnail, Account, Hash, Why string
		Facts                               []string
	}{p.Name, thumbnail(p.Thumbnail), p.Account.Act(), string(p.Hash), p.Why, pictureFacts(p, s.asOf)})
}

// end writes the foot, which says how many pictures there are, or which.
func (s *sheet) end(words string) error {
	err := sheetTemplate.ExecuteTemplate(s.w, "foot", struct {
		Head sheetHead
		End  string
	}{s.head, words})
	if err != nil {
		return err
	}
	return s.w.Flush()
}

// pictureFacts are size, age, use and, unless it is the usual one, status.
func pictureFacts(p review.Picture, asOf time.Time) []string {
	facts := []string{"size not told", "age not told"}
	if p.Width > 0 && p.Height > 0 {
		facts[0] = fmt.Sprintf("%d × %d", p.Width, p.Height)
	}
	if !p.Created.IsZero() {
		facts[1] = fmt.Sprintf("%s, from %s", age(asOf.Sub(p.Created)), p.Created.UTC().Format(time.DateOnly))
	}
	facts = append(facts, p.Use)
	if p.Status != "" && p.Status != "ACTIVE" {
		facts = append(facts, strings.ToLower(p.Status))
	}
	return facts
}

// age is how old something is, in the largest unit that says it: days, or hours.
func age(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days > 0 {
		return Counted(days, "day", "days") + " old"
	}
	return Counted(max(0, int(d/time.Hour)), "hour", "hours") + " old"
}
