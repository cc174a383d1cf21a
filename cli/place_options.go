package cli

import (
	"cmp"
	"os"
	"regexp"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs/store/postgres"
	"adferry/reports"
)

// The options that name a job of the database, in place of a folder.

const databaseVariable = "ADFERRY_DATABASE"

// databaseFlag names the database. Its variable is read apart from it, because the variable may
// hold a password, which neither help nor a message may show.
func databaseFlag() cli.Flag {
	return &cli.StringFlag{Name: "database", Usage: valued("URL", "the PostgreSQL database of the job, without a password; default: "+databaseVariable)}
}

// outputFlag names the folder for the files of a job of the database.
func outputFlag() cli.Flag {
	return stringFlag("output", "", "DIR", "with a job of the database, the folder for its reports and pictures; by default one with the job's name")
}

// jobFlags name a job of the database to a command that takes the folder of a job.
func jobFlags() []cli.Flag {
	return []cli.Flag{stringFlag("job", "", "NAME", "a job of the database, in place of DIR"), databaseFlag()}
}

// placeOf is where the job of a command is: in a folder, which is its argument, or in the
// database.
func placeOf(c *cli.Context) (place, error) {
	switch name := c.String("job"); {
	case name == "" || c.NArg() > 0 && !given(c, "job"):
		dir, err := argument(c, "DIR")
		if err != nil {
			return place{}, err
		}
		if given(c, "database") {
			return place{}, usagef("name a job of the database with --job NAME, or leave out --database", "%s is a folder, and no job of the database", dir)
		}
		if dir, err = checkJobFolder(c.Command.Name, dir); err != nil {
			return place{}, err
		}
		return inFolder(dir), withoutOutput(c)
	case c.NArg() > 0:
		return place{}, usagef("leave one of them out", "%s takes the folder of a job or --job NAME, not both: %s and %s", c.Command.Name, c.Args().First(), name)
	default:
		return placeInDatabase(c, name)
	}
}

// placeNamed is where the job is that an option names: in the database if one is named, else in
// that folder.
func placeNamed(c *cli.Context, value string) (place, error) {
	switch {
	case value != "" && databaseAddress(c) != "":
		return placeInDatabase(c, value)
	case given(c, "database"):
		return place{}, usagef("", "--database needs the name of a job, too")
	}
	return inFolder(value), withoutOutput(c)
}

// hasFolder reports whether the command takes a folder for the files of a job; the --output of
// manifest is a file.
func hasFolder(c *cli.Context) bool { return c.Command.Name != "manifest" && hasOption(c, "output") }

// withoutOutput refuses --output for a job in a folder, where its files are.
func withoutOutput(c *cli.Context) error {
	if hasFolder(c) && given(c, "output") {
		return usagef("leave it out: the files of a job in a folder are there", "--output is for jobs of the database")
	}
	return nil
}

// given reports whether an option was given, in another way than by its environment variable.
func given(c *cli.Context, name string) bool {
	value := c.String(name)
	return value != "" && value != os.Getenv(env(name)[0])
}

func databaseAddress(c *cli.Context) string {
	return cmp.Or(c.String("database"), os.Getenv(databaseVariable))
}

// databaseOf is the database that a command names.
func databaseOf(c *cli.Context) (*postgres.Database, error) {
	address := databaseAddress(c)
	if address == "" {
		return nil, usagef("name it with --database URL, or set "+databaseVariable, "%s needs a database", c.Command.Name)
	}
	d, err := postgres.New(address)
	if err != nil {
		return nil, usagef("write postgres://USER@HOST/NAME; the password belongs in "+databaseVariable+", PGPASSFILE or a service file", "%w", err)
	}
	return d, nil
}

// longTimeout is the error of a --timeout that is too long for a job of the database.
func longTimeout(timeout time.Duration) error {
	return usagef("", "--timeout must be at most %s with a job of the database, not %s: the next process counts on that no request takes longer", graph.DefaultTimeout, timeout)
}

// jobName is what a job of the database may be called: it also names a folder.
var jobName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

func placeInDatabase(c *cli.Context, name string) (p place, err error) {
	if !jobName.MatchString(name) {
		return p, usagef("a name has letters, digits, dots, dashes and underscores; for a job in a folder, leave out --database and unset "+databaseVariable,
			"%s is no name of a job of the database", shown(name))
	}
	if p.database, err = databaseOf(c); err != nil {
		return p, err
	}
	if timeout := c.Duration("timeout"); timeout > graph.DefaultTimeout {
		return p, longTimeout(timeout)
	}
	p.Name = name
	if given(c, "database") {
		p.Options = append(p.Options, reports.PlaceOption{Name: "database", Value: c.String("database")})
	}
	if hasFolder(c) {
		p.Folder = cmp.Or(c.String("output"), name)
		if given(c, "output") {
			p.Options = append(p.Options, reports.PlaceOption{Name: "output", Value: c.String("output"), Files: true})
		}
	}
	return p, nil
}
