package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"adferry/jobs/store"
	"adferry/plan"
)

// readManifest reads and checks a manifest file and the files that it names.
func readManifest(path string, visit func(plan.Row) error) (*plan.Plan, error) {
	return readPlan(path, checkFiles(filepath.Dir(path)), visit)
}

// readPlan is readManifest with another check of the files; nil is none.
func readPlan(path string, check plan.FileCheck, visit func(plan.Row) error) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("", "manifest: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usagef("", "manifest: %s is a folder; adferry resume goes on with a job", path)
	}
	return plan.ReadFiles(f, check, visit)
}

// showProblems prints every problem of a manifest, one a line, and leaves a
// short error to end with.
func showProblems(s *streams, err error) error {
	var e *plan.ProblemsError
	if !errors.As(err, &e) {
		return err
	}
	for _, p := range e.Problems {
		fmt.Fprintln(s.err, p)
	}
	n := len(e.Problems) + e.More
	if e.More > 0 {
		fmt.Fprintf(s.err, "... and %d more\n", e.More)
	}
	if n == 1 {
		return usagef("mend it and run again", "the manifest has 1 problem; nothing was sent")
	}
	return usagef("mend them and run again", "the manifest has %d problems; nothing was sent", n)
}

// writeManifest writes the lines to a file of their own, on disk when it returns.
func writeManifest(path string, lines iter.Seq2[plan.Line, error]) (n int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, &store.DiskError{Err: err}
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 256<<10)
	if n, err = plan.WriteGuarded(w, lines); err != nil {
		return n, err
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return n, &store.DiskError{Err: err}
	}
	return n, nil
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("manifest: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("manifest: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
