package reports

import (
	"path/filepath"
	"slices"
)

// Place is where a job is, as messages name it and commands in them.
type Place struct {
	Folder string // of the job; of a job of the database, the one for its files
	Name   string // of a job of the database; empty: the job is in Folder

	// Options are those that commands for the job need besides --job, each with its value, as
	// they were given: environment variables are set for the next command, too.
	Options []PlaceOption
}

// PlaceOption is an option that says where a job is or where its files are.
type PlaceOption struct {
	Name, Value string
	Files       bool // it is about files, so commands that neither read nor write them do not take it
}

// fileless are the commands that neither read nor write files of a job.
var fileless = []string{"status", "pause", "unpause", "tune", "verify"}

// IsZero reports whether there is no place, as for a command that only reads.
func (p Place) IsZero() bool { return p.Name == "" && p.Folder == "" }

// String is the job in a message.
func (p Place) String() string {
	if p.Name != "" {
		return "job " + OneLine(p.Name)
	}
	return OneLine(p.Folder)
}

// Command is a command of adferry for the job, as a shell takes it. Without a place it is the
// command alone.
func (p Place) Command(name string) string {
	command := "adferry " + name
	switch {
	case p.IsZero():
		return command
	case p.Name == "":
		return command + " " + Quote(p.Folder)
	}
	command += " --job " + Quote(p.Name)
	for _, o := range p.Options {
		if !o.Files || !slices.Contains(fileless, name) {
			command += " --" + o.Name + " " + Quote(o.Value)
		}
	}
	return command
}

// File is the path of a file of the job.
func (p Place) File(name string) string { return filepath.Join(p.Folder, name) }

// onPage is the place in a report that may be read elsewhere: the job by its name alone.
func (p Place) onPage(job string) Place {
	if p.Name != "" {
		return Place{Name: p.Name}
	}
	return Place{Folder: job}
}
