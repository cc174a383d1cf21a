package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// bareCopies is a program that copies the images of a manifest with net/http and encoding/json
// alone, and keeps no books: it decodes every answer, and ends at the first that is not as
// expected. Its arguments are the manifest, the size of the batches (1: single requests) and how
// many requests it sends at a time.
func bareCopies() {
	if err := copyBarely(os.Getenv("ADFERRY_ENDPOINT"), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func copyBarely(endpoint string, args []string) error {
	in, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	size, errSize := strconv.Atoi(args[1])
	workers, errWorkers := strconv.Atoi(args[2])
	rows, err := csv.NewReader(in).ReadAll()
	for _, e := range []error{errSize, errWorkers, err} {
		if e != nil {
			return e
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = workers
	client := &http.Client{Transport: transport}
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(workers)
	for rows = rows[1:]; len(rows) > 0; {
		n := min(size, len(rows))
		part := rows[:n]
		rows = rows[n:]
		group.Go(func() error {
			if size == 1 {
				return copyOne(client, endpoint, part[0])
			}
			return copyBatch(client, endpoint, part)
		})
	}
	return group.Wait()
}

func copyFrom(row []string) url.Values {
	return url.Values{"copy_from": {fmt.Sprintf(`{"source_account_id":%q,"hash":%q}`, strings.TrimPrefix(row[0], "act_"), row[1])}}
}

func copyOne(client *http.Client, endpoint string, row []string) error {
	form := copyFrom(row)
	form.Set("access_token", "token")
	answer, err := client.PostForm(endpoint+"/v25.0/"+row[2]+"/adimages", form)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return checkCopied(answer.StatusCode, body, row[1])
}

func copyBatch(client *http.Client, endpoint string, rows [][]string) error {
	type part struct {
		Method   string `json:"method"`
		Relative string `json:"relative_url"`
		Body     string `json:"body"`
	}
	parts := make([]part, len(rows))
	for i, row := range rows {
		parts[i] = part{"POST", "v25.0/" + row[2] + "/adimages", copyFrom(row).Encode()}
	}
	batch, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	answer, err := client.PostForm(endpoint+"/v25.0/", url.Values{"access_token": {"token"}, "batch": {string(batch)}})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var entries []struct {
		Code    int
		Headers []struct{ Name, Value string }
		Body    string
	}
	if err := json.NewDecoder(answer.Body).Decode(&entries); err != nil {
		return err
	}
	if len(entries) != len(rows) {
		return fmt.Errorf("got %d entries for %d copies", len(entries), len(rows))
	}
	for i, e := range entries {
		if err := checkCopied(e.Code, []byte(e.Body), rows[i][1]); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func checkCopied(status int, body []byte, hash string) error {
	var told struct {
		Images map[string]struct{ Hash string }
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return err
	}
	if status != http.StatusOK || told.Images[hash].Hash != hash {
		return fmt.Errorf("HTTP %d: %s", status, body)
	}
	return nil
}
