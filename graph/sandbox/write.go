package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// write performs a copy, an upload or a deletion. now may be later than the call. s.mu is
// held.
func (s *Server) write(c *call, fault activeFault, now time.Time) (answer, *failure) {
	a, f := s.reachAccount(c)
	if f == nil {
		f = c.problem
	}
	if f != nil {
		return answer{}, f
	}
	switch c.kind {
	case Copy:
		return s.copyImage(c, a, fault, now)
	case Upload:
		return s.uploadImages(c, a, now)
	}
	return s.deleteImage(c, a, fault.kind, now)
}

// copySource is the value of copy_from.
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-image
type copySource struct {
	account, hash string
}

func parseCopyFrom(text string) (copySource, *failure) {
	var wire struct {
		Account json.RawMessage `json:"source_account_id"`
		Hash    string          `json:"hash"`
	}
	if err := json.Unmarshal([]byte(text), &wire); err != nil {
		return copySource{}, invalid("Param copy_from must be a JSON object with source_account_id and hash")
	}
	id := string(wire.Account)
	_ = json.Unmarshal(wire.Account, &id) // a number stays as it is
	switch {
	case !isDigits(id):
		return copySource{hash: wire.Hash}, invalid("Param copy_from[source_account_id] must be a valid ID string")
	case wire.Hash == "":
		return copySource{account: id}, invalid("Param copy_from[hash] is required")
	}
	return copySource{id, wire.Hash}, nil
}

func (s *Server) copyImage(c *call, target *account, fault activeFault, now time.Time) (answer, *failure) {
	v := s.opts.Variants
	source := s.findAccount(c.copy.account)
	if source == nil || source.opts.Denied != "" || !s.token(c.token).mayUse(source.id) {
		return answer{}, refusal(cmp.Or(v.SourceDenied, "200"), c.method, c.copy.account)
	}
	if source.opts.NoCopies != "" {
		return answer{}, refusal(source.opts.NoCopies, c.method, c.copy.account)
	}
	from := source.images.find(c.copy.hash)
	if from == nil || from.status == Deleted {
		return answer{}, refusal(cmp.Or(v.SourceMissing, "100"), c.method, c.copy.hash)
	}
	to := *from
	if v.Rehash || from.rehash || fault.kind == faultRehash {
		to.hash = rehashed(target.id, from.hash)
	}
	if v.CopyDropsName {
		to.name = ""
	}
	to.associated, to.rehash = false, false
	if from.details != nil {
		to.details = &details{bytes: from.details.bytes}
	}
	born := now
	if v.CopyKeepsCreated {
		born = time.Unix(int64(from.created), 0)
	}
	hash, changed := target.store(&to, born)
	s.log = append(s.log, Effect{now, target.id, Copy, from.hash, source.id, hash, changed})
	url := imageURL(c.base, target.id, hash)
	if fault.kind == faultBadHash {
		hash = fault.badHash()
	}
	return reply(imagesReply{map[string]any{from.hash: briefImage{hash, url}}}), nil
}

// store adds an image unless the account has it already, and returns its hash.
func (a *account) store(r *storedImage, now time.Time) (hash string, changed bool) {
	if old := a.images.find(r.hash); old != nil && old.status != Deleted {
		return old.hash, false
	}
	r.status, r.gone = Active, false
	r.created, r.updated = uint32(now.Unix()), uint32(now.Unix())
	a.images.recordHistory(r.hash, now)
	a.images.put(r)
	return r.hash, true
}

type imagesReply struct {
	Images map[string]any `json:"images"`
}

type briefImage struct {
	Hash string `json:"hash"`
	URL  string `json:"url"`
}

// fullImage is the answer to an upload. The sides of url_256 are strings, as seen live.
type fullImage struct {
	Hash      string `json:"hash"`
	URL       string `json:"url"`
	URL128    string `json:"url_128"`
	URL256    string `json:"url_256"`
	Height256 string `json:"url_256_height"`
	Width256  string `json:"url_256_width"`
	Height    int    `json:"height"`
	Width     int    `json:"width"`
	Name      string `json:"name"`
}

// upload is a file that came with a call.
type upload struct {
	key, name     string
	hash          string
	width, height int
	picture       bool
	data          []byte
}

func (c *call) readUploads() ([]upload, *failure) {
	files := c.files
	if text := c.params.Get("bytes"); text != "" {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			// The message for an unescaped "+", facebook-nodejs-business-sdk issue 116.
			return nil, invalid("Image Resize Failed")
		}
		name := cmp.Or(c.params.Get("name"), "bytes")
		files = append(files[:len(files):len(files)], file{"bytes", name, data})
	}
	if len(files) == 0 {
		return nil, invalid("The parameter bytes is required")
	}
	var uploads []upload
	for _, file := range files {
		u := upload{key: file.name, name: file.name, hash: hashOf(file.data), data: file.data}
		u.width, u.height, u.picture = size(file.data)
		uploads = append(uploads, u)
	}
	return uploads, nil
}

func (s *Server) uploadImages(c *call, target *account, now time.Time) (answer, *failure) {
	images := map[string]any{}
	for _, u := range c.uploads {
		if s.opts.Variants.StrictUploads && !u.picture {
			return answer{}, fail("100/1487197")
		}
		if s.opts.Variants.Rehash {
			u.hash = rehashed(target.id, u.hash)
		}
		r := newStoredImage(Image{Hash: u.hash, Name: u.name, Width: u.width, Height: u.height, Bytes: u.data}, now)
		hash, changed := target.store(r, now)
		s.log = append(s.log, Effect{now, target.id, Upload, "", "", hash, changed})
		url := imageURL(c.base, target.id, hash)
		images[u.key] = fullImage{hash, url, url, url, "260", "260", u.height, u.width, u.name}
	}
	return reply(imagesReply{images}), nil
}

func (s *Server) deleteImage(c *call, a *account, fault faultKind, now time.Time) (answer, *failure) {
	v, hash := s.opts.Variants, c.params.Get("hash")
	if hash == "" {
		return answer{}, invalid("The parameter hash is required") // facebook-python-business-sdk issue 151
	}
	r := a.images.find(hash)
	switch {
	case r == nil || r.status == Deleted:
		if !v.DeleteMissingOK {
			return answer{}, invalid("The image with hash %s does not exist in this ad account", hash)
		}
		s.log = append(s.log, Effect{now, a.id, Delete, strings.Clone(hash), "", "", false})
	case fault == faultInUse, r.inUse() && !v.DeleteInUseLies:
		return answer{}, inUseFailure()
	case fault == faultLie, r.inUse():
	case v.DeleteDelay > 0:
		s.later(now.Add(v.DeleteDelay), func(at time.Time) { s.applyDelete(a, r, at) })
	default:
		s.applyDelete(a, r, now)
	}
	return success(), nil
}

// applyDelete makes a deletion take effect, unless the image is gone; s.mu is held.
func (s *Server) applyDelete(a *account, r *storedImage, now time.Time) {
	if r.gone || r.status == Deleted {
		return
	}
	s.removeStored(a, r, now)
	s.log = append(s.log, Effect{now, a.id, Delete, r.hash, "", "", true})
}

// removeStored removes an image from its account.
func (s *Server) removeStored(a *account, r *storedImage, now time.Time) {
	a.images.recordHistory(r.hash, now)
	if s.opts.Variants.DeleteKeepsRow {
		r.status, r.updated = Deleted, uint32(now.Unix())
	} else {
		a.images.remove(r.hash)
	}
}

func imageURL(base, account, hash string) string {
	return fmt.Sprintf("%s/_image/%s/%s", base, account, hash)
}
