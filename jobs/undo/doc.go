// Package undo makes the manifest that takes a job back. It takes back what the job
// created and nothing else, and trusts no write whose answer is lost: an image that the
// job may have deleted is moved back, not deleted in its target.
package undo
