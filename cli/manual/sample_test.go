package manual_test

import "adferry/cli/manual"

// sample is a program with every kind of option and argument.
var sample = manual.Program{
	Name: "ferry", Usage: "carry things", About: "It carries.\n\nAt length, and with a line that is quite a bit longer than a terminal of eighty columns is wide.\n  as   it is",
	Groups: []string{"Route", "Fare"}, Version: "v1.2.3", Date: "2026-11-26",
	Exits: []manual.Exit{{Code: 0, Meaning: "arrived"}, {Code: 1, Meaning: "sank"}},
	Commands: []manual.Command{
		{
			Name: "go", Usage: "cross the water", Arguments: "MANIFEST", Group: "Travel",
			About:    ".hidden lines begin with a dot",
			Examples: []manual.Example{{Line: "ferry go list.csv --quota off", Does: `carry what list.csv names; \ stays`}},
			Options: []manual.Option{
				{Name: "quota", Value: "auto|full|off", Usage: "how much at once", Default: "auto", Group: "Fare"},
				{Name: "quiet", Usage: "say nothing", Group: "Fare"},
				{Name: "out", Value: "DIR", Usage: "where it goes", Group: "Route"},
				{Name: "keep", Value: "FILE", Usage: "what stays", Group: "Route", Repeats: true},
				{Name: "wait", Value: "TIME", Usage: "how long", Group: "Fare"},
			},
			Lists: []manual.List{{Heading: "Weather", Words: []manual.Word{{Text: "fog", About: "nothing is seen"}}}},
		},
		{Name: "stop", Usage: "stay: here", Arguments: "ACCOUNT...", Group: "Travel"},
		{Name: "help", Usage: "show help", Arguments: "[COMMAND]", Group: "Rest"},
		{Name: "completion", Usage: "print a script", Arguments: "SHELL", Group: "Rest"},
	},
}
