package cli

import "adferry/cli/manual"

// examples has what the help of each command shows. Each is a line that a shell runs as it
// stands, in a folder that has the files it names; a test does.
var examples = map[string][]manual.Example{
	"plan": {
		{Line: "adferry plan manifest.csv", Does: "check the manifest, and see accounts, calls and time"},
		{Line: "adferry plan manifest.csv --check", Does: "ask the API, too: what is missing, in use or there already"},
	},
	"run": {
		{Line: "adferry run manifest.csv --sandbox --yes --job rehearsal", Does: "rehearse the manifest; nothing leaves this machine"},
		{Line: "adferry run manifest.csv --dry-run", Does: "show what would be done"},
		{Line: "adferry run manifest.csv --backup kept --max-delete 10% --yes", Does: "run it in manifest.job, keep each image before it is deleted, and refuse if more than a tenth of the rows are deletions"},
	},
	"resume": {
		{Line: "adferry resume manifest.job", Does: "go on where the job stopped"},
		{Line: "adferry resume manifest.job --max-duration 8h", Does: "go on for a night, and stop with exit code 3"},
		{Line: "adferry resume --job autumn", Does: "run a job of the database"},
	},
	"retry": {
		{Line: "adferry retry manifest.job", Does: "try the failed rows again"},
		{Line: "adferry retry manifest.job --on-denied upload", Does: "upload images where copying was refused"},
	},
	"status": {
		{Line: "adferry status manifest.job", Does: "how far the job is, also while it runs"},
		{Line: "adferry status manifest.job --json", Does: "the same for a script"},
		{Line: "adferry status --job autumn", Does: "how far a job of the database is"},
	},
	"verify": {
		{Line: "adferry verify manifest.job", Does: "read back what the job left, and list what has changed since"},
		{Line: "adferry verify manifest.job --json", Does: "the same for a script; exit code 1 if there is drift"},
	},
	"undo": {
		{Line: "adferry undo manifest.job --dry-run", Does: "see what would be deleted and restored"},
		{Line: "adferry undo manifest.job --yes", Does: "take back what the job did"},
	},
	"report": {
		{Line: "adferry report manifest.job", Does: "write results.csv, report.html and the others again"},
	},
	"list": {
		{Line: "adferry list act_2310000000000017", Does: "a table of the account's images"},
		{Line: "adferry list act_2310000000000017 act_2310000000000025 --format csv", Does: "the rows of a manifest, but for target_account"},
		{Line: "adferry list act_2310000000000017 --format html", Does: "a page of their pictures; send it to a file, and open that in a browser"},
		{Line: "adferry list act_2310000000000017 --count", Does: "how many there are, in one call"},
	},
	"manifest": {
		{Line: "adferry manifest act_2310000000000017 --target act_2310000000000025", Does: "a manifest that copies what the account holds"},
		{Line: "adferry manifest act_2310000000000017 --unused --operation delete", Does: "one that deletes what nothing uses"},
		{Line: "adferry manifest --from-job manifest.job --operation delete", Does: "the second half of a finished copy job"},
	},
	"creatives": {
		{Line: "adferry creatives manifest.job", Does: "write manifest.job/creatives.csv: what has to be re-pointed"},
	},
	"cleanup": {
		{Line: "adferry cleanup act_2310000000000017 --unused --older-than 180d --dry-run", Does: "see what nothing has used for half a year"},
		{Line: "adferry cleanup act_2310000000000017 --unused --dry-run --job spring", Does: "look at what would go in spring/review.html"},
		{Line: "adferry cleanup act_2310000000000017 --unused --backup kept --job spring --yes", Does: "delete all that nothing uses, and keep a copy of each"},
		{Line: "adferry cleanup act_2310000000000017 --unused --jobs cleanups --yes", Does: "from a timer: each run has a dated folder in cleanups"},
	},
	"pause": {
		{Line: "adferry pause manifest.job", Does: "stop a running job from sending, from another terminal"},
	},
	"unpause": {
		{Line: "adferry unpause manifest.job", Does: "let it go on"},
	},
	"tune": {
		{Line: "adferry tune manifest.job --workers 2 --max-rate 5", Does: "slow a running job down"},
		{Line: "adferry tune manifest.job --max-rate 0", Does: "lift the limit again"},
	},
	"submit": {
		{Line: "adferry submit manifest.csv --job autumn", Does: "make the job autumn in the database that ADFERRY_DATABASE names"},
	},
	"worker": {
		{Line: "adferry worker", Does: "carry out the jobs of the database that ADFERRY_DATABASE names, with the token for all ad accounts"},
		{Line: "adferry worker --credentials accounts.csv --metrics 127.0.0.1:9464", Does: "those of the ad accounts whose tokens are here, and serve metrics"},
		{Line: "adferry worker --schedules schedules.csv", Does: "and make jobs of the cleanups that this file repeats"},
	},
	"jobs": {
		{Line: "adferry jobs", Does: "how far the jobs of the database are"},
		{Line: "adferry jobs --json", Does: "the same for a script"},
	},
	"migrate": {
		{Line: "adferry migrate", Does: "make the tables in a new database, or go on to those of this version"},
	},
	"sandbox": {
		{Line: "adferry sandbox --manifest manifest.csv", Does: "serve the ad accounts and images that a manifest names"},
		{Line: "adferry sandbox --tier limited --faults throttle=0.02,cut_after=0.01", Does: "with small quotas, and answers that are throttled or lost"},
	},
	"help": {
		{Line: "adferry help run", Does: "the same as adferry run --help"},
	},
	"completion": {
		{Line: "adferry completion bash", Does: "in ~/.bashrc, as eval \"$(adferry completion bash)\""},
	},
	"man": {
		{Line: "adferry man", Does: "to read it: adferry man | man -l -"},
	},
	"version": {
		{Line: "adferry version", Does: "what to say when something is reported"},
	},
}
