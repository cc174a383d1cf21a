package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

func TestCopy(t *testing.T) {
	s := seeded(sandbox.Options{}, 2)
	for i := range 2 { // the second time changes nothing and answers the same
		r := copyImage(t, s, hash(1))
		want := fmt.Sprintf(`{"images":{"%s":{"hash":"%s","url":"http:\/\/graph.test\/_image\/222\/%s"}}}`, hash(1), hash(1), hash(1))
		if r.status != 200 || r.text != want {
			t.Fatalf("copy %d: got %d %s\nwant %s", i+1, r.status, r.text, want)
		}
	}
	if got, want := statuses(s.Images(target)), "1=ACTIVE"; got != want {
		t.Errorf("target holds %q, want %q", got, want)
	}
	var changed []bool
	for _, e := range s.Log() {
		if e.Kind != sandbox.Copy || e.Account != target || e.Source != source || e.Hash != hash(1) || e.Result != hash(1) {
			t.Errorf("effect %+v, want a copy of 1 from source to target", e)
		}
		changed = append(changed, e.Changed)
	}
	if want := []bool{true, false}; !slices.Equal(changed, want) {
		t.Errorf("changed %v, want %v", changed, want)
	}
}

// A copy is the image without the use that the source makes of it.
func TestCopyIsUnused(t *testing.T) {
	s := seeded(sandbox.Options{}, 0)
	s.AddImage(source, sandbox.Image{Hash: hash(1), Name: "a.png", Creatives: []string{"9"}, Associated: true, Bytes: []byte("x")})
	copyImage(t, s, hash(1))
	got := s.Images(target)[0]
	if got.Name != "a.png" || len(got.Creatives) != 0 || got.Associated || string(got.Bytes) != "x" {
		t.Errorf("got %+v, want name and bytes without creatives", got)
	}
}

func TestCopyRefuses(t *testing.T) {
	tests := []struct {
		name     string
		variants sandbox.Variants
		value    string
		code     string
		words    string
	}{
		{"act_ prefix", sandbox.Variants{}, `{"source_account_id":"act_111","hash":"1"}`, "100", "(#100) Param copy_from[source_account_id] must be a valid ID string"},
		{"no JSON", sandbox.Variants{}, `nonsense`, "100", "copy_from"},
		{"no hash", sandbox.Variants{}, `{"source_account_id":"111"}`, "100", "hash"},
		{"unknown hash", sandbox.Variants{}, `{"source_account_id":"111","hash":"0"}`, "100", "Invalid parameter"},
		{"unknown hash, the other way", sandbox.Variants{SourceMissing: "100/33"}, `{"source_account_id":"111","hash":"0"}`, "100/33", "Object with ID '0'"},
		{"unknown source", sandbox.Variants{}, `{"source_account_id":"999","hash":"0"}`, "200", "(#200)"},
		{"denied source", sandbox.Variants{}, `{"source_account_id":"333","hash":"0"}`, "200", "(#200)"},
		{"denied source, 10", sandbox.Variants{SourceDenied: "10"}, `{"source_account_id":"333","hash":"0"}`, "10", "(#10)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := seeded(sandbox.Options{Variants: tt.variants}, 1)
			s.AddAccount("333", sandbox.AccountOptions{Denied: "200"})
			r := post(t, s, "/v25.0/act_222/adimages", url.Values{"copy_from": {tt.value}})
			if r.status != 400 || r.code() != tt.code || !strings.Contains(r.message(), tt.words) {
				t.Errorf("got %d %s %q, want 400 %s with %q", r.status, r.code(), r.message(), tt.code, tt.words)
			}
			if log := s.Log(); len(log) != 0 {
				t.Errorf("took effect: %v", log)
			}
		})
	}
}

// Two recordings show one file with two hashes, so a copy may get another one.
func TestRehash(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	s.AddImage(source, sandbox.Image{Hash: hash(2), Rehash: true})
	copyImage(t, s, hash(1))
	first := copyImage(t, s, hash(2))
	again := copyImage(t, s, hash(2))
	if first.text != again.text {
		t.Errorf("the new hash is not stable: %s, then %s", first.text, again.text)
	}
	if !strings.Contains(first.text, `{"`+hash(2)+`":`) {
		t.Errorf("the answer is not keyed by the source hash: %s", first.text)
	}
	images := s.Images(target)
	if len(images) != 2 || images[0].Hash != hash(1) || images[1].Hash == hash(2) {
		t.Errorf("target holds %s, want hash 1 and a new one", statuses(images))
	}
}

func TestUpload(t *testing.T) {
	s := seeded(sandbox.Options{}, 0)
	file := []byte("not really a picture")
	form := url.Values{"bytes": {base64.StdEncoding.EncodeToString(file)}}
	r := post(t, s, "/v25.0/act_222/adimages", form)
	images := s.Images(target)
	if len(images) != 1 || len(images[0].Hash) != 32 || !bytes.Equal(images[0].Bytes, file) {
		t.Fatalf("got %+v after %s", images, r.text)
	}
	if !strings.HasPrefix(r.text, `{"images":{"bytes":{"hash":"`+images[0].Hash) || !strings.Contains(r.text, `"url_256_height":"260"`) {
		t.Errorf("got %s, want key bytes and all fields", r.text)
	}
	form.Set("name", "shoe.png")
	if r := post(t, s, "/v25.0/act_222/adimages", form); !strings.HasPrefix(r.text, `{"images":{"shoe.png":{"hash":"`+images[0].Hash) {
		t.Errorf("got %s, want key shoe.png and the same hash", r.text)
	}
	if r := post(t, s, "/v25.0/act_222/adimages", url.Values{"bytes": {"a b"}}); r.code() != "100" {
		t.Errorf("broken base64: got %s, want 100", r.text)
	}
	if r := post(t, s, "/v25.0/act_222/adimages", nil); r.code() != "100" {
		t.Errorf("no file: got %s, want 100", r.text)
	}
}

func TestUploadMultipart(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{StrictUploads: true}}, 1)
	r := do(t, s, request(t, "GET", "http://graph.test/_image/111/"+hash(1)))
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, _ := w.CreateFormFile("905.jpg", "9052018-1kxhneg.jpg")
	_, _ = io.WriteString(part, r.text)
	w.Close()
	r = send(t, s, "POST", "/v25.0/act_222/adimages", w.FormDataContentType(), body.String())
	if !strings.HasPrefix(r.text, `{"images":{"9052018-1kxhneg.jpg":`) {
		t.Errorf("got %s, want the file name as key", r.text)
	}
	// Downloaded and uploaded again, a picture keeps its hash and size.
	got := s.Images(target)[0]
	if got.Hash != hash(1) || got.Width != 600 || got.Height != 400 {
		t.Errorf("got %s %dx%d, want %s 600x400", got.Hash, got.Width, got.Height, hash(1))
	}
	r = post(t, s, "/v25.0/act_222/adimages", url.Values{"bytes": {"AAAA"}})
	if r.code() != "100/1487197" {
		t.Errorf("no picture: got %s, want 100/1487197", r.code())
	}
}

func TestJSONBody(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	body := `{"copy_from":{"source_account_id":"111","hash":"` + hash(1) + `"},"fields":null}`
	if r := send(t, s, "POST", "/act_222/adimages", "application/json", body); r.status != 200 {
		t.Errorf("got %d %s", r.status, r.text)
	}
	if r := send(t, s, "POST", "/act_222/adimages", "application/json", `[1]`); r.code() != "100" {
		t.Errorf("a body that is no object: got %s, want 100", r.text)
	}
}

func TestDelete(t *testing.T) {
	tests := []struct {
		name     string
		variants sandbox.Variants
		hash     string
		code     string
		left     string
	}{
		{"gone", sandbox.Variants{}, hash(1), "", "2=ACTIVE"},
		{"row kept", sandbox.Variants{DeleteKeepsRow: true}, hash(1), "", "1=DELETED 2=ACTIVE"},
		{"unknown", sandbox.Variants{}, hash(9), "100", "1=ACTIVE 2=ACTIVE"},
		{"unknown succeeds", sandbox.Variants{DeleteMissingOK: true}, hash(9), "", "1=ACTIVE 2=ACTIVE"},
		{"in use", sandbox.Variants{}, hash(2), "100", "1=ACTIVE 2=ACTIVE"},
		{"in use lies", sandbox.Variants{DeleteInUseLies: true}, hash(2), "", "1=ACTIVE 2=ACTIVE"},
		{"no hash", sandbox.Variants{}, "", "100", "1=ACTIVE 2=ACTIVE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := seeded(sandbox.Options{Variants: tt.variants}, 1)
			s.AddImage(source, sandbox.Image{Hash: hash(2), Creatives: []string{"5"}})
			r := remove(t, s, tt.hash)
			if r.code() != tt.code || tt.code == "" && r.text != `{"success":true}` {
				t.Errorf("got %s, want code %q", r.text, tt.code)
			}
			if got := statuses(s.Images(source)); got != tt.left {
				t.Errorf("left %q, want %q", got, tt.left)
			}
		})
	}
}

func TestDeleteDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Variants: sandbox.Variants{DeleteDelay: 20 * time.Second}}, 1)
		began := time.Now()
		remove(t, s, hash(1))
		time.Sleep(19 * time.Second)
		if got := statuses(s.Images(source)); got != "1=ACTIVE" {
			t.Errorf("after 19 s: %q, want the image", got)
		}
		time.Sleep(time.Hour)
		if got := statuses(s.Images(source)); got != "" {
			t.Errorf("after an hour: %q, want nothing", got)
		}
		if log := s.Log(); len(log) != 1 || log[0].Time.Sub(began) != 20*time.Second {
			t.Errorf("log %v, want one deletion 20 s in", log)
		}
	})
}

// A deleted row that is still shown can be copied onto, but not from.
func TestCopyOntoDeleted(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: true}}, 1)
	s.AddImage(target, sandbox.Image{Hash: hash(1), Status: sandbox.Deleted})
	copyImage(t, s, hash(1))
	if log := s.Log(); len(log) != 1 || !log[0].Changed || statuses(s.Images(target)) != "1=ACTIVE" {
		t.Errorf("log %v, target %s; want a copy that changed it", log, statuses(s.Images(target)))
	}
	remove(t, s, hash(1))
	if r := copyImage(t, s, hash(1)); r.code() != "100" {
		t.Errorf("copy of a deleted image: got %s, want 100", r.text)
	}
}

func TestAccountAccess(t *testing.T) {
	tests := []struct {
		name        string
		opts        sandbox.AccountOptions
		read, write string
	}{
		{"open", sandbox.AccountOptions{}, "", "100"}, // no file was sent
		{"denied", sandbox.AccountOptions{Denied: "200"}, "200", "200"},
		{"invisible", sandbox.AccountOptions{Denied: "100/33"}, "100/33", "100/33"},
		{"read only", sandbox.AccountOptions{ReadOnly: true}, "", "100/33"},
		{"disabled", sandbox.AccountOptions{Disabled: "200/4841013"}, "", "200/4841013"},
		{"disabled, the other way", sandbox.AccountOptions{Disabled: "1885316"}, "", "1885316"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sandbox.New(sandbox.Options{})
			s.AddAccount("act_5", tt.opts)
			if r := get(t, s, "/v25.0/act_5/adimages"); r.code() != tt.read {
				t.Errorf("read: got %s, want code %q", r.text, tt.read)
			}
			if r := post(t, s, "/v25.0/act_5/adimages", nil); r.code() != tt.write {
				t.Errorf("write: got %s, want code %q", r.text, tt.write)
			}
		})
	}
	t.Run("nobody added it", func(t *testing.T) {
		if r := get(t, sandbox.New(sandbox.Options{}), "/v25.0/act_5/adimages"); r.code() != "100/33" {
			t.Errorf("got %s, want 100/33", r.text)
		}
		if r := get(t, sandbox.New(sandbox.Options{AutoAccounts: true}), "/v25.0/act_5/adimages"); r.text != `{"data":[]}` {
			t.Errorf("got %s, want an empty list", r.text)
		}
	})
}

func TestSnapshot(t *testing.T) {
	a, b := seeded(sandbox.Options{}, 3), seeded(sandbox.Options{Seed: 9}, 3)
	if !slices.Equal(a.Snapshot(), b.Snapshot()) {
		t.Error("two servers seeded alike differ")
	}
	copyImage(t, a, hash(1))
	if slices.Equal(a.Snapshot(), b.Snapshot()) {
		t.Error("a copy does not show in the snapshot")
	}
}
