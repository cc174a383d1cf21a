package cli

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs/reader"
	"adferry/jobs/review"
	"adferry/plan"
	"adferry/reports"
)

// usualFields are listed unless others are asked for.
var usualFields = []string{graph.FieldName, graph.FieldStatus, "width", "height", graph.FieldCreated, graph.FieldUpdated}

func listCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the images of ad accounts; sends no write, ever", ArgsUsage: "ACCOUNT...",
		Description: "Reads all the accounts side by side and writes their images as they come. " +
			"An image is shown once for each account, as the first row of the API's list shows it, with status DELETED, " +
			"too: see the field status. --count shows the number that the API itself reports.\n\n" +
			"--format csv begins with source_account and hash, like a manifest: " +
			"to make one, add a column target_account, or operation with delete in it.\n\n" +
			"--format html makes a page of pictures, with fields of its own: " +
			"adferry list ACCOUNT --format html > images.html, to be opened in a browser.\n\n" +
			"The fields are " + strings.Join(graph.ImageFields, ", ") + ".\n\n" +
			"Exit code 1: some ad account could not be read to its end; the others were listed.",
		Flags: append(append(filterFlags(),
			stringFlag("fields", strings.Join(usualFields, ","), "NAME,...", "fields to show besides the hash"),
			stringFlag("format", "table", "table|csv|json|jsonl|html", "form of the output; html is a page of pictures for a browser"),
			boolFlag("count", "show how many images there are, and list none"),
		), readFlags()...),
		Action: func(c *cli.Context) error {
			request, err := listRequestOf(c)
			if err != nil {
				return err
			}
			o, err := readOptionsOf(c)
			if err != nil {
				return err
			}
			return list(c.Context, o, s, request)
		},
	}
}

// filterFlags choose images; queryOf reads them.
func filterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "hash", Usage: valued("HASH", "only the image of this HASH; may be repeated"), EnvVars: env("hash")},
		stringFlag("name", "", "TEXT", "only images of this name"),
		intFlag("min-width", 0, "only images at least so many pixels wide"),
		intFlag("min-height", 0, "only images at least so many pixels high"),
		stringFlag("business-id", "", "ID", "only images of this business"),
		stringFlag("biz-tag-id", "", "ID", "only images with this business tag"),
		intFlag("page-size", 500, "images in one call; halved while the API cannot answer that many"),
	}
}

// listRequest is what a call of list asks for.
type listRequest struct {
	accounts []plan.Account
	query    graph.Query
	fields   []string // to show beside the hash
	format   reports.Format
	count    bool // how many images there are, and not which
}

// listRequestOf reads it, and refuses what makes no sense.
func listRequestOf(c *cli.Context) (r listRequest, err error) {
	r.count = c.Bool("count")
	if r.accounts, err = accountsOf(c); err != nil {
		return r, err
	}
	if r.format, err = choiceOf(c, "format", reports.FormatTable, reports.FormatCSV, reports.FormatJSON, reports.FormatJSONL, reports.FormatHTML); err != nil {
		return r, err
	}
	if r.format == reports.FormatHTML && r.count {
		return r, usagef("leave one of them out", "--count has no pictures to show with --format html")
	}
	if r.format == reports.FormatHTML && c.IsSet("fields") {
		return r, usagef("leave one of them out", "--format html has fields of its own, and takes no --fields")
	}
	if r.fields, err = fieldsOf(c.String("fields")); err != nil {
		return r, err
	}
	r.query, err = queryOf(c)
	return r, err
}

func list(ctx context.Context, o readOptions, s *streams, request listRequest) error {
	r, err := newReading(ctx, o, s, request.accounts, nil)
	if err != nil {
		return err
	}
	ctx, release := untilSignal(ctx)
	defer release()
	q := request.query
	switch {
	case request.count:
		err = countImages(ctx, r, request.accounts, q, request.format, s.out)
	case request.format == reports.FormatHTML:
		q.Fields = review.Fields
		err = listImages(ctx, r, request.accounts, q, pictureList(reports.NewPictureList(s.out, request.accounts, time.Now())))
	default:
		q.Fields, q.Raw = append([]string{graph.FieldHash}, request.fields...), true
		err = listImages(ctx, r, request.accounts, q, fieldList(reports.NewListing(s.out, request.format, request.fields)))
	}
	if s.out.err != nil {
		return s.out.err
	}
	return r.ended(err)
}

func countImages(ctx context.Context, r *reading, accounts []plan.Account, q graph.Query, f reports.Format, out *outlet) error {
	counts := reports.NewCounts(out, f)
	read := r.reader.Count(ctx, accounts, q, counts.Account)
	if err := counts.End(); err != nil {
		return err
	}
	return read
}

// imageList shows images while they are read.
type imageList struct {
	image func(plan.Account, plan.Hash, graph.Image) error
	page  func() error           // brings what was added to the reader
	end   func(read error) error // ends the list; read is why it lacks images, or nil
}

// fieldList shows fields as the API gave them.
func fieldList(l *reports.Listing) imageList {
	return imageList{
		func(a plan.Account, h plan.Hash, i graph.Image) error { return l.Image(a, h, i.Raw) },
		l.Page, func(error) error { return l.End() },
	}
}

// pictureList shows pictures.
func pictureList(l *reports.PictureList) imageList {
	return imageList{
		func(a plan.Account, h plan.Hash, i graph.Image) error {
			p := review.Of(a, i)
			p.Hash = h
			return l.Picture(p)
		},
		l.Page, func(read error) error { return l.End(read != nil) },
	}
}

func listImages(ctx context.Context, r *reading, accounts []plan.Account, q graph.Query, l imageList) error {
	var read error
	if len(q.Hashes) > 0 {
		read = findImages(ctx, r, accounts, q, l)
	} else {
		read = r.reader.List(ctx, accounts, q, func(a plan.Account, page graph.Reply) error {
			for _, i := range page.Images {
				if err := l.image(a, plan.Hash(i.Hash), i); err != nil {
					return err
				}
			}
			return l.page()
		})
	}
	if err := l.end(read); err != nil {
		return err
	}
	return read
}

// findImages lists the images that were asked for by hash, and tells which are not
// there.
func findImages(ctx context.Context, r *reading, accounts []plan.Account, q graph.Query, l imageList) error {
	asked := q.Hashes
	q.Hashes = nil
	hashes := func(plan.Account) iter.Seq2[plan.Hash, error] { return reader.Hashes(asked) }
	return r.reader.Find(ctx, accounts, q, hashes, func(f reader.Found) error {
		switch {
		case f.Image != nil:
			if err := l.image(f.Account, f.Hash, *f.Image); err != nil {
				return err
			}
		case !q.Filtered():
			r.say(reports.NotInAccount(f.Account, f.Hash))
		}
		return l.page()
	})
}

// fieldsOf reads a list of field names, of which hash may be left out.
func fieldsOf(text string) ([]string, error) {
	var all []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case name == "" || slices.Contains(all, name) || name == graph.FieldHash:
		case slices.Contains(graph.ImageFields, name):
			all = append(all, name)
		default:
			hint := "the fields are " + strings.Join(graph.ImageFields, ", ")
			if near := plan.Suggest(name, graph.ImageFields); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, usagef(hint, "--fields: ad images have no field %q", name)
		}
	}
	return all, nil
}

// queryOf reads the edge's own parameters.
func queryOf(c *cli.Context) (graph.Query, error) {
	q := graph.Query{
		Name: c.String("name"), MinWidth: c.Int("min-width"), MinHeight: c.Int("min-height"),
		BusinessID: c.String("business-id"), BizTagID: c.String("biz-tag-id"), Limit: c.Int("page-size"),
	}
	for name, v := range map[string]int{"min-width": q.MinWidth, "min-height": q.MinHeight} {
		if v < 0 {
			return q, usagef("", "--%s must be 0 or more, not %d", name, v)
		}
	}
	for name, id := range map[string]string{"business-id": q.BusinessID, "biz-tag-id": q.BizTagID} {
		if strings.Trim(id, "0123456789") != "" {
			return q, usagef("", "--%s must be a number, not %q", name, id)
		}
	}
	if q.Limit < 1 || q.Limit > 10_000 {
		return q, usagef("", "--page-size must be from 1 to 10000, not %d", q.Limit)
	}
	for _, text := range strings.FieldsFunc(strings.Join(c.StringSlice("hash"), ","), func(r rune) bool { return r == ',' }) {
		h, err := plan.ParseHash(strings.TrimSpace(text))
		if err != nil {
			return q, usagef("", "--hash: %w", err)
		}
		if !slices.Contains(q.Hashes, string(h)) {
			q.Hashes = append(q.Hashes, string(h))
		}
	}
	if c.Bool("count") && len(q.Hashes) > 50 {
		return q, usagef("leave out --count and count the lines", "--count takes at most 50 hashes, not %d", len(q.Hashes))
	}
	return q, nil
}
