package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"adferry/jobs"
)

// Settings are options that are stored with the job, so that a later process runs it in
// the same way.
type Settings struct {
	Backup   string        // folder for backups of deleted images; empty: no backups
	OnDenied jobs.OnDenied // "" is jobs.FailDenied
}

// Credentials are which credentials a job runs with: names of them, never a secret.
type Credentials struct {
	SHA256 string            `json:"sha256"`         // of the credentials file, in hex
	Labels []string          `json:"labels"`         // of the credentials of the job's ad accounts, sorted
	Apps   map[string]string `json:"apps,omitempty"` // ids of their apps by label, as far as the API told them
}

// Pace is how fast the options of a process let it run the job. What was tuned goes before it.
type Pace struct {
	MaxRate float64 `json:"max_rate,omitempty"` // writes a second and ad account; 0: no limit
	Share   float64 `json:"share,omitempty"`    // of each limit of the API, to 1; 0: all
}

// Meta is the content of the table meta, without the tally and the checksum.
type Meta struct {
	Name        string
	Manifest    jobs.ManifestInfo
	Header      []string // of the manifest
	Policy      string   // description of the policy that made the manifest; may be empty
	Created     time.Time
	Consent     bool
	Sandbox     bool
	Endpoint    string      // origin of the server that it runs against; empty: unknown, or the embedded sandbox
	Credentials Credentials // zero: one token for all ad accounts
	Folders     Folders     // zero for a job in a folder
	Settings
	Steering
	Running  time.Time // when the last process began to run it; zero: not told
	Pace     Pace      // that of the last process
	ExitCode *int      // of the last process that stopped
	Stop     string    // why that process stopped early
}

// Meta reads the table meta.
func (j *Job) Meta(ctx context.Context) (Meta, error) {
	var m Meta
	entries := map[string]any{
		"name": &m.Name, "manifest_path": &m.Manifest.Path, "manifest_sha256": &m.Manifest.SHA256, "rows": &m.Manifest.Rows, "header": &m.Header,
		"policy": &m.Policy, "created_at": &m.Created, "consent": &m.Consent, "sandbox": &m.Sandbox, "endpoint": &m.Endpoint,
		"credentials": &m.Credentials, "folders": &m.Folders, "backup": &m.Backup, "on_denied": (*string)(&m.OnDenied),
		"paused_at": &m.PausedAt, "workers": &m.Workers, "max_rate": &m.MaxRate,
		"running_at": &m.Running, "pace": &m.Pace, "exit_code": &m.ExitCode, "stop": &m.Stop,
	}
	rows, err := j.read.QueryContext(ctx, `SELECT key, value FROM meta WHERE key <> '`+labelsKey+`'`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var key string
		var value sql.NullString
		if err := scan(&key, &value); err != nil {
			return err
		}
		if into, known := entries[key]; known && (value.Valid || !tuned(key)) {
			if err := readEntry(into, value.String); err != nil {
				return j.db.Damaged(fmt.Errorf("meta %s: %w", key, err))
			}
		}
		return nil
	})
	if errors.As(err, new(*DamagedError)) {
		return Meta{}, err
	}
	if err != nil {
		return Meta{}, j.readError(err)
	}
	if b := j.begun.Load(); b != nil {
		m.Running, m.Pace, m.ExitCode, m.Stop = b.at, b.pace, nil, ""
	}
	return m, nil
}

// tuned reports whether an entry may be NULL: a number that the process's options decide then.
func tuned(key string) bool { return key == "workers" || key == "max_rate" }

// readEntry reads the value of an entry of meta. Whatever is no text, condition, time or number is JSON.
func readEntry(into any, value string) error {
	switch into := into.(type) {
	case *string:
		*into = value
	case *bool:
		*into = value == "1" || value == "true"
	case *time.Time:
		ms := int64(0)
		_, err := fmt.Sscan(value, &ms)
		*into = TimeOf(ms)
		return err
	case *int:
		_, err := fmt.Sscan(value, into)
		return err
	case **int:
		*into = new(int)
		return readEntry(*into, value)
	case **float64:
		*into = new(float64)
		_, err := fmt.Sscan(value, *into)
		return err
	default:
		return json.Unmarshal([]byte(value), into)
	}
	return nil
}

// Header returns the manifest's header row.
func (j *Job) Header(ctx context.Context) ([]string, error) {
	m, err := j.Meta(ctx)
	return m.Header, err
}

// Files returns the manifest's folder, to which the files of uploads are relative.
func (j *Job) Files(ctx context.Context) (string, error) {
	m, err := j.Meta(ctx)
	return filepath.Dir(m.Manifest.Path), err
}

// SetSettings stores other settings.
func (j *Job) SetSettings(ctx context.Context, s Settings) error {
	return j.set(ctx, Entry{Key: "backup", Value: s.Backup}, Entry{Key: "on_denied", Value: string(s.OnDenied)})
}

// SetCredentials stores with which credentials the job runs.
func (j *Job) SetCredentials(ctx context.Context, c Credentials) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return j.set(ctx, Entry{Key: "credentials", Value: string(text)})
}

// SetEndpoint stores another server for the job to run against.
func (j *Job) SetEndpoint(ctx context.Context, origin string) error {
	return j.set(ctx, Entry{Key: "endpoint", Value: origin})
}

// SetStop records how the process that ran the job ended.
func (j *Job) SetStop(ctx context.Context, exitCode int, why string) error {
	j.begun.Store(nil)
	return j.set(ctx, Entry{Key: "exit_code", Value: exitCode}, Entry{Key: "stop", Value: why})
}
