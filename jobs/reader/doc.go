// Package reader lists ad accounts and finds images by their hashes, without a job: the
// same quotas, doubts and backoffs as the engine's, one lane for each ad account, and no
// checkpoint. A listing shows each image once, and an ad account whose pages have no end
// fails: package evidence says when.
package reader
